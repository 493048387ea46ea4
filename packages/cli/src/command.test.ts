import { describe, expect, it } from 'vitest';
import { type Command, commandHelp, nearest, numberOption, parseCommand, UsageError } from './command.js';

const command: Command = {
  name: 'watch',
  summary: 'watch',
  operands: '[FILTER]',
  about: 'Watches.',
  options: {
    rules: { type: 'string', multiple: true, value: 'FILE', doc: 'rules to load' },
    size: { type: 'string', value: 'N', doc: 'how much' },
    json: { type: 'boolean', doc: 'for machines' },
  },
  examples: [['runward watch --json', 'as JSON']],
  run: async () => 0,
};
const parse = (...argv: string[]) => parseCommand(command, argv);

/** Message and help of the mistake; fails when there is none. */
function mistake(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof UsageError) return `${error.message} / ${error.help}`;
    throw error;
  }
  throw new Error('this was no mistake');
}

describe('options', () => {
  it('are read with `=` and without, repeated, and mixed with operands', () => {
    const args = parse('--rules', 'a.yaml', 'x', '--rules=b.yaml', '--json', '--', '--y');
    expect(args.texts('rules')).toEqual(['a.yaml', 'b.yaml']);
    expect(args.text('rules')).toBe('b.yaml');
    expect(args.flag('json')).toBe(true);
    expect(args.rest).toEqual(['x', '--y']);
  });

  it('that are absent have no value', () => {
    const args = parse();
    expect([args.flag('json'), args.text('size'), args.texts('rules'), args.rest]).toEqual([
      false,
      undefined,
      [],
      [],
    ]);
  });

  it.each([
    [['--jsno'], 'unknown option `--jsno` / did you mean `--json`?'],
    [['--entirely-different'], 'unknown option `--entirely-different` / `runward watch --help`'],
    [['-x'], 'unknown option `-x`'],
    [['--rules'], '`--rules` needs a value / write `--rules FILE`'],
    [['--json=yes'], '`--json` takes no value'],
  ])('%j is refused with help', (argv, says) => {
    expect(mistake(() => parse(...argv))).toContain(says);
  });
});

describe('number options', () => {
  it('have a default and bounds that are themselves allowed', () => {
    expect(numberOption(parse(), 'size', 8, 1, 64)).toBe(8);
    expect(numberOption(parse('--size', '1'), 'size', 8, 1, 64)).toBe(1);
    expect(numberOption(parse('--size', '64'), 'size', 8, 1, 64)).toBe(64);
  });

  it.each(['0', '65', '1.5', 'many', '-1', 'NaN', 'Infinity'])('`%s` is refused', (text) => {
    expect(mistake(() => numberOption(parse(`--size=${text}`), 'size', 8, 1, 64))).toContain('from 1 to 64');
  });
});

it('suggests what is at most two edits away', () => {
  const commands = ['run', 'events', 'ps', 'doctor', 'rules', 'fields'];
  expect(nearest('rnu', commands)).toBe('run');
  expect(nearest('event', commands)).toBe('events');
  expect(nearest('docter', commands)).toBe('doctor');
  expect(nearest('nonsense', commands)).toBeUndefined();
});

it('help shows usage, every option, the examples and the exit codes', () => {
  const help = commandHelp(command);
  expect(help).toMatch(/^Usage: runward watch \[options\] \[FILTER\]\n/);
  for (const text of ['--rules FILE', '--size N', '--json', '--help', 'runward watch --json', 'Exit codes']) {
    expect(help).toContain(text);
  }
});
