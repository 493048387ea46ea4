import type { CommandGroup } from '../../command-group.js';

export const server: CommandGroup = {
  name: 'server',
  about: `One server for many nodes: agents enrol with a token, hand over what they found, and are told what to do.

  runward server                                   starts it; the same as \`runward server run\`
  runward server token create --expires 1h         prints a token, for one node
  runward run --server https://HOST:7443 --token TOKEN      on that node

docs/server.md tells how it works, and what to back up.`,
  otherwise: 'run',
  actions: {
    run: { summary: 'start the server', load: async () => (await import('./run.js')).run },
    token: {
      summary: 'make, list and remove tokens by which nodes enrol',
      load: async () => (await import('./token.js')).token,
    },
    node: {
      summary: 'list nodes, trust one again, cut one off, have one respond',
      load: async () => (await import('./node.js')).node,
    },
    reference: {
      summary: 'what nodes are expected to be, as their TPMs prove it',
      load: async () => (await import('./reference.js')).reference,
    },
    document: {
      summary: 'policies, rules, playbooks and drills: versions, approval, roll-out',
      load: async () => (await import('./document/document.js')).document,
    },
    cluster: {
      summary: 'list clusters, and say of which environment one is',
      load: async () => (await import('./environment/cluster.js')).cluster,
    },
    compare: {
      summary: 'what differs between two environments',
      load: async () => (await import('./environment/compare.js')).compare,
    },
    sync: {
      summary: 'make what a Git repository has the documents of the server',
      load: async () => (await import('./sync/sync.js')).sync,
    },
    backup: {
      summary: 'copy everything a server needs to go on elsewhere, while it runs',
      load: async () => (await import('./backup.js')).backup,
    },
    restore: {
      summary: 'make the state of a server of a back-up',
      load: async () => (await import('./backup.js')).restoreCommand,
    },
    records: {
      summary: 'what nodes told, the latest first',
      load: async () => (await import('./records.js')).records,
    },
  },
};
