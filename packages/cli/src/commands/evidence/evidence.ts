import type { CommandGroup } from '../../command-group.js';

export const evidence: CommandGroup = {
  name: 'evidence',
  about: `The evidence log of a node: what was found, decided and done, in records that follow each other by their hashes and
are signed. A running agent writes it; these commands read its files, and need nothing else.`,
  actions: {
    verify: {
      summary: 'find whatever was changed, removed, added or moved',
      load: async () => (await import('./verify.js')).verify,
    },
    query: {
      summary: 'records by kind, container, time and text',
      load: async () => (await import('./query.js')).query,
    },
    tail: {
      summary: 'the last records, and new ones as they come',
      load: async () => (await import('./tail.js')).tail,
    },
    export: {
      summary: 'records as JSON lines that can be checked elsewhere',
      load: async () => (await import('./export.js')).exportRecords,
    },
    prove: {
      summary: 'proof that one record is in the log, for somebody who has nothing of it',
      load: async () => (await import('./prove.js')).prove,
    },
    keys: {
      summary: 'the public keys of the log, to be kept elsewhere',
      load: async () => (await import('./keys.js')).keys,
    },
    checkpoint: {
      summary: 'proof of how far the log goes now, to be kept elsewhere',
      load: async () => (await import('./checkpoint.js')).checkpoint,
    },
    rotate: {
      summary: 'pass on to a new key, and destroy the old one',
      load: async () => (await import('./rotate.js')).rotate,
    },
  },
};
