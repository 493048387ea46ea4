import { type Command, EXIT, nearest, type Parsed, UsageError } from '../../command.js';
import { changePolicies, policyDesk, reporting, STATE_OPTIONS } from '../../policy-desk.js';
import { printChanges } from '../../policy-text.js';
import { toJson } from '../../terminal.js';

export const mode: Command = {
  name: 'policy mode',
  summary: 'put a policy, or sections of it, in another mode',
  operands: 'NAME [SECTION…] MODE',
  about: `MODE is off, learn, monitor or protect. Without a section all of them are put in it. The text of the policy stays
as it was applied; the mode set here holds until a changed text is applied.

From monitor to protect, \`runward policy promote\` is the careful way: it first shows what would have been denied.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...STATE_OPTIONS },
  examples: [
    ['runward policy mode web monitor', 'report, and deny nothing'],
    ['runward policy mode web file network protect', 'deny what these two sections do not allow'],
  ],
  run: modeCommand,
};

async function modeCommand(args: Parsed): Promise<number> {
  const [name, ...rest] = args.rest;
  const wanted = rest.pop();
  if (name === undefined || wanted === undefined)
    throw new UsageError('name or mode is missing', 'write `runward policy mode NAME [SECTION…] MODE`');
  const { MODED, MODES } = await import('@runward/policy');
  const to = oneOf(MODES, wanted, 'mode');
  const sections = rest.map((section) => oneOf(MODED, section, 'section'));
  const change = { name, sections, mode: to };
  const desk = await policyDesk(args);
  const report = await reporting(() =>
    changePolicies(desk, { path: '/v1/policies/mode', body: change }, (administration, who) =>
      administration.setMode(change, who),
    ),
  );
  if (args.flag('json')) process.stdout.write(`${toJson(report)}\n`);
  else {
    printChanges(report);
    process.stderr.write(`runward: ${desk.standing}\n`);
  }
  return EXIT.ok;
}

function oneOf<T extends string>(words: readonly T[], given: string, what: string): T {
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  const near = nearest(given, words);
  throw new UsageError(
    `unknown ${what} \`${given}\``,
    near === undefined ? `use one of ${words.join(', ')}` : `did you mean \`${near}\`?`,
  );
}
