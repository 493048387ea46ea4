import type { CommandGroup } from '../../command-group.js';

export const drill: CommandGroup = {
  name: 'drill',
  about: `Harmless exercises: what attackers do, done in scratch containers that are removed afterwards, to see whether it is
detected, by which rule, and how fast; and ordinary work that looks like it, to see that nothing is reported of that.`,
  actions: {
    list: {
      summary: 'the scenarios, what they exercise and what they do',
      load: async () => (await import('./list.js')).list,
    },
    run: {
      summary: 'run scenarios and say what was detected',
      load: async () => (await import('./run.js')).run,
    },
    report: {
      summary: 'what a drill found, as text, JSON or a page',
      load: async () => (await import('./report.js')).report,
    },
    tabletop: {
      summary: 'a guided exercise for people, which times their decisions',
      load: async () => (await import('./tabletop.js')).tabletop,
    },
  },
};
