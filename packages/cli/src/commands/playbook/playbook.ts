import type { CommandGroup } from '../../command-group.js';

export const playbook: CommandGroup = {
  name: 'playbook',
  about: `Playbooks say what is done when something is detected: which detections, what is done, and what holds it back. They are files,
given to \`runward run --playbooks\`; without one nothing is done. A playbook in mode \`dry-run\`, the default, says what it would do.`,
  actions: {
    check: {
      summary: 'report every problem of playbook files',
      load: async () => (await import('./check.js')).check,
    },
    test: { summary: 'try the cases beside playbooks', load: async () => (await import('./test.js')).test },
    simulate: {
      summary: 'say what playbooks would have done about a recording',
      load: async () => (await import('./simulate.js')).simulate,
    },
    resume: {
      summary: 'respond again to a rule that fitted too many workloads',
      load: async () => (await import('./resume.js')).resume,
    },
    schema: {
      summary: 'the schema of playbooks, for editors',
      load: async () => (await import('./schema.js')).schema,
    },
  },
};
