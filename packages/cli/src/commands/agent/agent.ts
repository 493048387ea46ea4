import type { CommandGroup } from '../../command-group.js';

export const agent: CommandGroup = {
  name: 'agent',
  about: `The agent of this machine (\`runward run\`) and its server (docs/server.md).`,
  actions: {
    status: {
      summary: 'whether the agent runs, and how its link to the server is',
      load: async () => (await import('./status.js')).status,
    },
    tpm: {
      summary: 'the TPM of this machine, and what can be proven with it',
      load: async () => (await import('./tpm.js')).tpm,
    },
    enrol: {
      summary: 'make this machine a node of a server, or of another one',
      load: async () => (await import('./enrol.js')).enrol,
    },
  },
};
