import type { CommandGroup } from '../../command-group.js';
import { actionCommands } from './actions.js';

export const respond: CommandGroup = {
  name: 'respond',
  about: `Has the running agent act on a container that runs, or on every container of a pod. Actions go through the kernel, so they work
when the container's runtime hangs. Each is bounded in time, done once however often it is asked for, and recorded with who asked
and why; what can be taken back is taken back by \`undo\`.`,
  actions: {
    ...actionCommands,
    list: {
      summary: 'what is in force, and what was done',
      load: async () => (await import('./list.js')).list,
    },
    approve: {
      summary: 'have done what a playbook asked for',
      load: async () => (await import('./answer.js')).approve,
    },
    refuse: {
      summary: 'say no to what a playbook asked for',
      load: async () => (await import('./answer.js')).refuse,
    },
    settings: {
      summary: 'say what is wrong with a file of settings',
      load: async () => (await import('./settings.js')).settings,
    },
    undo: { summary: 'take back what a response did', load: async () => (await import('./undo.js')).undo },
  },
};
