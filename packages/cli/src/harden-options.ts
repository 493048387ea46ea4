import { join, resolve } from 'node:path';
import type { ChangeOutcome } from '@runward/harden';
import { stateOf } from './agent-client.js';
import { type OptionSpec, type Parsed, UsageError } from './command.js';
import { toJson, visible } from './terminal.js';

export const ROOT_OPTION: Readonly<Record<string, OptionSpec>> = {
  root: { type: 'string', value: 'DIR', doc: 'the root of the host, where that is mounted (default /)' },
};

export const rootOf = (args: Parsed): string => resolve(args.text('root') ?? '/');

/** Where is kept what was changed. */
export const recordOf = (args: Parsed): string => join(stateOf(args), 'harden.json');

export function noOperands(args: Parsed, action: string): void {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, `write \`runward harden ${action}\``);
}

export function printChanges(args: Parsed, outcomes: readonly ChangeOutcome[]): void {
  if (args.flag('json')) {
    process.stdout.write(`${toJson({ changes: outcomes })}\n`);
    return;
  }
  if (outcomes.length === 0) process.stderr.write('runward: there is nothing to change\n');
  for (const { command, done, problem } of outcomes)
    process.stdout.write(
      `${done ? 'done' : 'NOT '}  ${visible(command)}${problem === '' ? '' : `: ${visible(problem)}`}\n`,
    );
}
