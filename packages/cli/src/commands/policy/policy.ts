import type { CommandGroup } from '../../command-group.js';

export const policy: CommandGroup = {
  name: 'policy',
  about: `A policy (RuntimePolicy, a YAML file) says what a workload may do. Applied policies are kept on this machine and
put in force by the agent, each section in its mode: off, learn, monitor (report what would be denied) or
protect (deny it).`,
  actions: {
    list: {
      summary: 'the policies of this machine, their sections and modes',
      load: async () => (await import('./list.js')).list,
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
    schema: {
      summary: 'the schema of policies, for editors and for Kubernetes',
      load: async () => (await import('./schema.js')).schema,
    },
  },
};
