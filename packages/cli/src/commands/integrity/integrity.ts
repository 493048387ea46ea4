import type { CommandGroup } from '../../command-group.js';

export const integrity: CommandGroup = {
  name: 'integrity',
  about: `Files that matter, on the host and in containers: what they were, and what became of them. A file of settings says which
(docs/integrity.md); \`runward run --integrity FILE\` watches them all the time and tells who changed one.`,
  actions: {
    baseline: {
      summary: 'take the watched files as they are for what they should be',
      load: async () => (await import('./baseline.js')).baseline,
    },
    check: {
      summary: 'say which watched files are not what they were',
      load: async () => (await import('./check.js')).check,
    },
    show: {
      summary: 'what is known of the watched files',
      load: async () => (await import('./show.js')).show,
    },
    accept: {
      summary: 'take what became of files for what they should be',
      load: async () => (await import('./accept.js')).accept,
    },
  },
};
