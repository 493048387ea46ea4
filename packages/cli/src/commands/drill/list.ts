import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { planText } from '../../drill/plan-text.js';
import { choose, loadScenarios, SCENARIO_OPTIONS } from '../../drill/scenario-files.js';
import { table, toJson, visible } from '../../terminal.js';

export const list: Command = {
  name: 'drill list',
  summary: 'the scenarios, what they exercise and what they do',
  operands: '[SCENARIO|THEME…]',
  about: `One line per scenario: its id, its theme, the technique of MITRE ATT&CK, and what happens. With ids or themes
everything about those: why it is done, its steps as they are run, and what counts as detected.`,
  options: { ...SCENARIO_OPTIONS, json: { type: 'boolean', doc: 'a JSON array' } },
  examples: [
    ['runward drill list', 'all of them'],
    ['runward drill list escape', 'the scenarios of a theme, with their steps'],
  ],
  run: listCommand,
};

async function listCommand(args: Parsed): Promise<number> {
  const all = loadScenarios(args);
  if (all === undefined) return EXIT.usage;
  const chosen = args.rest.length === 0 ? all : choose(all, args.rest);
  if (args.flag('json')) process.stdout.write(`${toJson(chosen)}\n`);
  else if (args.rest.length > 0) process.stdout.write(`${planText(chosen, 'whole').join('\n')}\n`);
  else {
    if (chosen.length === 0) throw new UsageError('there is no scenario', 'name files with `--drills`');
    const rows = chosen.map(({ id, theme, technique = '-', title }) =>
      [id, theme, technique, title].map(visible),
    );
    process.stdout.write(`${table([['SCENARIO', 'THEME', 'ATT&CK', 'WHAT HAPPENS'], ...rows])}\n`);
  }
  return EXIT.ok;
}
