import type { CommandGroup } from '../../command-group.js';

export const image: CommandGroup = {
  name: 'image',
  about: `Images, in a registry, an archive or a folder: whether they are what was approved, and what of them can run. Needs
neither an agent nor root.`,
  actions: {
    verify: {
      summary: 'say whether an image is signed, attested and approved as asked',
      load: async () => (await import('./verify.js')).verify,
    },
    inventory: {
      summary: 'list what can run of an image, by layer and digest; compare a container with it',
      load: async () => (await import('./inventory.js')).inventory,
    },
  },
};
