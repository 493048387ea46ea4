import { type Command, EXIT, type Parsed } from '../command.js';
import { examine } from '../examination.js';
import type { Finding } from '../finding.js';
import { RUNTIME_OPTIONS, registryOptions } from '../runtime-options.js';
import { paintFor, visible } from '../terminal.js';

export const doctor: Command = {
  name: 'doctor',
  summary: 'say what this machine gives sensor and policies, and what is lost where it does not',
  operands: '',
  about: `Tries each kernel feature for real, looks for container runtimes, and says what is on, what is off,
why, what is lost without it, and by what each section of a policy is enforced here. Ends with 1 when the main job (\`runward run\`) cannot work here.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...RUNTIME_OPTIONS },
  examples: [['runward doctor', 'before the first run, or when something is missing']],
  run: doctorCommand,
};

const MARK: Readonly<Record<Finding['state'], string>> = { on: 'on ', off: 'off', note: ' - ' };

async function doctorCommand(args: Parsed): Promise<number> {
  const findings = await examine(await registryOptions(args)());
  const works = !findings.some((f) => f.required && f.state === 'off');
  if (args.flag('json')) {
    process.stdout.write(`${JSON.stringify({ works, findings }, null, 2)}\n`);
    return works ? EXIT.ok : EXIT.failure;
  }
  const paint = paintFor(process.stdout);
  for (const f of findings) {
    const mark = paint(f.state === 'off' ? (f.required ? 'red' : 'yellow') : 'dim', MARK[f.state]);
    process.stdout.write(`${mark}  ${f.feature}${f.detail === '' ? '' : `: ${visible(f.detail)}`}\n`);
    if (f.state === 'off') process.stdout.write(`       without it: ${f.lost}\n`);
  }
  process.stdout.write(
    works ? '\nrunward run works here\n' : '\nrunward run cannot work here: mend what is off and required\n',
  );
  return works ? EXIT.ok : EXIT.failure;
}
