import type { CommandGroup } from '../../command-group.js';

export const harden: CommandGroup = {
  name: 'harden',
  about: `How hard the host and its kernel are made: settings of the kernel, lockdown, security modules, faults of the processor, signatures
of modules, files and sockets of container runtimes; and what mends each (docs/hardening.md).`,
  actions: {
    check: {
      summary: 'say what is weak, why that matters and what mends it',
      load: async () => (await import('./check.js')).check,
    },
    apply: {
      summary: 'change what is safe to change, with a way back',
      load: async () => (await import('./apply.js')).apply,
    },
    undo: { summary: 'take back what was changed', load: async () => (await import('./undo.js')).undo },
  },
};
