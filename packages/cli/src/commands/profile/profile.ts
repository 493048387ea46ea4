import type { CommandGroup } from '../../command-group.js';

export const profile: CommandGroup = {
  name: 'profile',
  about: `A profile is what a workload was seen doing while it was learnt (\`runward learn\`), merged over its containers.`,
  actions: {
    list: {
      summary: 'the workloads that were learnt, and how well',
      load: async () => (await import('./list.js')).list,
    },
    show: {
      summary: 'what was learnt of one, in numbers',
      load: async () => (await import('./show.js')).show,
    },
    export: {
      summary: 'what was learnt, as a policy, for seccomp, AppArmor, SELinux or Kubernetes',
      load: async () => (await import('./export.js')).exportProfile,
    },
  },
};
