import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inBody, matches, type Reading, readFilter } from './index.js';

const told = { kind: 'detection', cluster: 'prod', node: 'n1', namespace: 'shop', workload: 'web-1' };
const labels = { ...told, container: 'c1', rule: 'A shell', priority: 'Warning', incident: '' };
const body = {
  ...{
    source: 'syscall',
    output: 'A shell ran\nthere',
    process: { name: 'sh', pid: 12, user: 'root', uid: 0 },
  },
  output_fields: { 'proc.cmdline': 'sh -c id', 'proc.aname[2]': 'nginx', 'evt.rawres': -1 },
};
const reading: Reading = ({ from }) => (typeof from === 'string' ? labels[from] : inBody(body, from));
const holds = (text: string): unknown => {
  const read = readFilter(text);
  return 'condition' in read ? matches(read.condition, reading) : read;
};

describe('a filter', () => {
  it.each([
    ['record.kind = detection', true],
    ['rule.priority in (Critical, Warning) and k8s.ns.name != bank', true],
    ['incident.id exists', false],
    ['incident.id != x', false],
    ['not incident.id = x', true],
    ['proc.name = sh and user.uid = 0', true],
    ['user.uid = 0.0 or proc.name = no', true],
    ['proc.pid > 9', true],
    ['proc.pid > 100 or proc.pid <= 11', false],
    ['evt.output icontains "SHELL RAN"', true],
    ['workload.name glob web-?', true],
    ['workload.name glob web', false],
    ['workload.name iglob WEB*', true],
    ['rule.name regex "A s.*l"', true],
    ['rule.name regex s', false],
    ['rule.name startswith anyof (B, A)', true],
    ['proc.cmdline endswith " id"', true],
    ['proc.aname[2] = nginx', true],
    ['evt.rawres < 0', true],
    ['container.name exists', false],
  ])('holds or not: `%s`', (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  it.each([
    ['proc.name', 9, 9, 'expected an operator after'],
    ['proc.name = a and', 17, 17, 'expected a field'],
    ['shell_procs', 0, 11, '`shell_procs` is no field'],
    ['not nothing.name = x', 4, 16, '`nothing.name` is no field; such as '],
    ['rule.priority > 3', 0, 17, '`>` compares numbers'],
    ['proc.pid = x', 11, 12, '`x` is no number'],
    ['proc.name pmatch (a)', 9, 20, '`pmatch` is not known to filters; one of exists'],
    ['proc.name = val(proc.pname)', 16, 26, 'not with other fields'],
    ['tolower(proc.name) = a', 0, 18, '`tolower` is not known'],
    ['rule.name regex "("', 16, 19, 'missing'],
    ['rule.name glob [a]', 15, 18, 'sets in patterns'],
    ['rule.name contains oneof (a, b)', 25, 31, '`oneof` is not known'],
  ])('says what is wrong and where: `%s`', (text, start, end, message) => {
    expect(holds(text)).toMatchObject({ start, end, message: expect.stringContaining(message) });
  });

  it('has its limits, and never throws', () => {
    const many = Array.from({ length: 101 }, () => 'proc.name = a').join(' or ');
    expect(holds(many)).toMatchObject({ message: expect.stringContaining('up to 100 checks') });
    const word = fc.constantFrom(
      'and',
      'or',
      'not',
      '(',
      ')',
      'proc.name',
      '=',
      'in',
      '"',
      'x',
      '[',
      'glob',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        holds(words.join(' '));
      }),
      { numRuns: 1000 },
    );
  });
});
