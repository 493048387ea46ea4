import type { CommandGroup } from '../../command-group.js';

export const policy: CommandGroup = {
  name: 'policy',
  about: `A policy (RuntimePolicy, a YAML file) says what a workload may do. Applied policies are kept on this machine and
put in force by the agent, each section in its mode: off, learn, monitor (report what would be denied) or
protect (deny it).`,
  actions: {
    apply: {
      summary: 'put policies of files in force',
      load: async () => (await import('./apply.js')).apply,
    },
    list: {
      summary: 'the policies of this machine, their sections and modes',
      load: async () => (await import('./list.js')).list,
    },
    status: {
      summary: 'what is in force in which container, and by what',
      load: async () => (await import('./status.js')).status,
    },
    top: {
      summary: 'which lines of policies decide, and how often',
      load: async () => (await import('./top.js')).top,
    },
    show: {
      summary: 'one policy: its text, where it is in force, its history',
      load: async () => (await import('./show.js')).show,
    },
    mode: {
      summary: 'put a policy, or sections of it, in another mode',
      load: async () => (await import('./mode.js')).mode,
    },
    delete: {
      summary: 'take policies away',
      load: async () => (await import('./delete.js')).deletePolicies,
    },
    detach: {
      summary: 'the way out: have nothing enforced any more',
      load: async () => (await import('./detach.js')).detach,
    },
    check: {
      summary: 'report every problem of policy files, and lines that contradict each other',
      load: async () => (await import('./check.js')).check,
    },
    explain: {
      summary: 'which line of which policy decides about an action, and why',
      load: async () => (await import('./explain.js')).explain,
    },
    export: {
      summary: 'a policy in the language of seccomp, AppArmor, SELinux or Kubernetes',
      load: async () => (await import('./export.js')).exportPolicies,
    },
    test: {
      summary: 'try the cases beside policies: what they allow and deny, by which line',
      load: async () => (await import('./test.js')).test,
    },
    diff: {
      summary: 'what one policy allows or denies that another does not, in plain words',
      load: async () => (await import('./diff.js')).diff,
    },
    backtest: {
      summary: 'say what policies would have denied in the past',
      load: async () => (await import('./backtest.js')).backtest,
    },
    promote: {
      summary: 'from monitor to protect, after showing what that would have denied',
      load: async () => (await import('./promote.js')).promote,
    },
    import: {
      summary: 'policies that mean what NetworkPolicies of Kubernetes mean',
      load: async () => (await import('./import.js')).importPolicies,
    },
    schema: {
      summary: 'the schema of policies, for editors and for Kubernetes',
      load: async () => (await import('./schema.js')).schema,
    },
  },
};
