import { DEFAULT_NOISE } from '@runward/detect';
import { expect, it } from 'vitest';
import { type Command, parseCommand, UsageError } from './command.js';
import { NOISE_OPTIONS, noiseOptions } from './noise-options.js';

const command: Command = {
  ...{ name: 'x', summary: '', operands: '', about: '', options: NOISE_OPTIONS, examples: [] },
  run: async () => 0,
};
const options = (...argv: string[]) => noiseOptions(parseCommand(command, argv));

it.each([
  [[], DEFAULT_NOISE],
  [['--group', '0', '--rate-limit', '0'], { groupMs: 0, perMinute: 0 }],
  [['--group=500ms', '--rate-limit=5/s'], { groupMs: 500, perMinute: 300 }],
  [['--group', '5m', '--rate-limit', '120/h'], { groupMs: 300_000, perMinute: 2 }],
])('%j', (argv, expected) => {
  expect(options(...argv)).toEqual(expected);
});

it.each([
  ['--group', '10'],
  ['--group', '2h'],
  ['--group', '-1s'],
  ['--rate-limit', '600'],
  ['--rate-limit', '1/h'],
  ['--rate-limit', 'many/min'],
])('%s %s is refused', (option, value) => {
  expect(() => options(`${option}=${value}`)).toThrow(UsageError);
});
