import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { changePolicies, policyDesk, reporting, STATE_OPTIONS } from '../../policy-desk.js';
import { printChanges } from '../../policy-text.js';
import { toJson } from '../../terminal.js';

export const deletePolicies: Command = {
  name: 'policy delete',
  summary: 'take policies away',
  operands: 'NAME…',
  about: `The named policies are no longer in force: a running agent lets go of the containers at once. Their texts and the
decision stay in the history. Either all of them are deleted or, if one is not there, none.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...STATE_OPTIONS },
  examples: [['runward policy delete web', 'containers of `web` are free of it']],
  run: deleteCommand,
};

async function deleteCommand(args: Parsed): Promise<number> {
  const names = args.rest;
  if (names.length === 0)
    throw new UsageError(
      'no policy is named',
      'write `runward policy delete NAME…`; `policy list` has the names',
    );
  const desk = await policyDesk(args);
  const report = await reporting(() =>
    changePolicies(desk, { path: '/v1/policies/delete', body: { names } }, (administration, who) =>
      administration.delete(names, who),
    ),
  );
  if (args.flag('json')) process.stdout.write(`${toJson(report)}\n`);
  else {
    printChanges(report);
    process.stderr.write(`runward: ${desk.standing}\n`);
  }
  return EXIT.ok;
}
