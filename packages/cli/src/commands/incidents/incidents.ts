import type { CommandGroup } from '../../command-group.js';

export const incidents: CommandGroup = {
  name: 'incidents',
  about: `Detections, verdicts of policies and network detections that belong together are one incident: what happened in a
container or to a workload, in which stages, how severe it is altogether, what to do about it. The agent keeps them.`,
  actions: {
    list: {
      summary: 'those that are not closed, or all of them',
      load: async () => (await import('./list.js')).list,
    },
    show: {
      summary: 'one: its time line, processes, guidance, and the policy that would have prevented it',
      load: async () => (await import('./show.js')).show,
    },
    note: { summary: 'write something down about one', load: async () => (await import('./note.js')).note },
    assign: {
      summary: 'say who investigates it',
      load: async () => (await import('./assign.js')).assign,
    },
    contain: {
      summary: 'say that it is contained, by whatever means',
      load: async () => (await import('./change.js')).contain,
    },
    resolve: { summary: 'close it', load: async () => (await import('./change.js')).resolve },
    reopen: { summary: 'open it again', load: async () => (await import('./change.js')).reopen },
    bundle: {
      summary: 'everything about one in a signed archive that needs nothing else',
      load: async () => (await import('./bundle.js')).bundle,
    },
    verify: {
      summary: 'find whatever was changed in a bundle since it was made',
      load: async () => (await import('./verify.js')).verify,
    },
    'false-positive': {
      summary: 'close it as harmless, and get the exception that keeps it silent',
      load: async () => (await import('./false-positive.js')).falsePositive,
    },
  },
};
