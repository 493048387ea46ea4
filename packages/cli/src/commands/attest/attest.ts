import type { CommandGroup } from '../../command-group.js';

export const attest: CommandGroup = {
  name: 'attest',
  about: `What running containers may do, as the kernel has it and not as somebody asked for it: read, compared with what was
approved, and judged by what every container should keep to. Needs no agent; \`runward run --attest\` does the same all the
time (docs/attestation.md).`,
  actions: {
    show: {
      summary: 'what containers may do, what is wrong with it, and a score',
      load: async () => (await import('./show.js')).show,
    },
    approve: {
      summary: 'say that the configuration of a container is right, for it and its like',
      load: async () => (await import('./approve.js')).approve,
    },
    diff: {
      summary: 'tell every difference from what was approved',
      load: async () => (await import('./diff.js')).diff,
    },
  },
};
