import { eventTypeByName, fieldCatalogue, SYSCALLS } from '@runward/events';
import { loadRules, type RuleSet } from '@runward/rules';
import { ALL_OPENS } from '@runward/sensor';
import { describe, expect, test } from 'vitest';
import { type Interest, interestOfRules, interestOfTypes } from './interest.js';

function rules(...conditions: readonly string[]): RuleSet {
  const text = conditions
    .map(
      (condition, i) =>
        `- rule: r${i}\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: INFO\n`,
    )
    .join('');
  const { value, diagnostics } = loadRules([{ name: 'rules.yaml', text }], { catalogue: fieldCatalogue });
  if (value === undefined) throw new TypeError(diagnostics.map((d) => d.message).join('; '));
  return value;
}
const scope = (interest: Interest, type: string): number => {
  const call = SYSCALLS.find((c) => c.name === type);
  return call === undefined ? 0 : interest.callOf(call).scope;
};
const asked = (interest: Interest): string[] =>
  [...eventTypeByName.keys()].filter((type) => scope(interest, type) !== 0).toSorted();
const inContainers = (...conditions: string[]): Interest => interestOfRules(rules(...conditions), false);

const SHADOW =
  'evt.type in (open, openat) and evt.is_open_read = true and fd.name = /etc/shadow and fd.num >= 0';

describe('the event types asked for', () => {
  test('are those the rules can match, for containers alone', () => {
    const interest = inContainers('evt.type = connect and fd.sport = 22', 'evt.type in (ptrace, bpf)');
    expect(asked(interest)).toEqual(['bpf', 'connect', 'ptrace']);
    expect(scope(interest, 'connect')).toBe(1);
  });

  test('are asked for the host too when it is opted in', () => {
    const interest = interestOfRules(rules('evt.type = ptrace'), true);
    expect(scope(interest, 'ptrace')).toBe(3);
  });

  test('of a rule about containers are not asked for the host', () => {
    const interest = interestOfRules(rules('evt.type = ptrace and container.id != host'), true);
    expect(scope(interest, 'ptrace')).toBe(1);
  });

  test('of a rule about the host are not asked for containers', () => {
    expect(scope(interestOfRules(rules('evt.type = ptrace and container.id = host'), true), 'ptrace')).toBe(
      2,
    );
    expect(asked(inContainers('evt.type = ptrace and container.id = host'))).toEqual([]);
  });

  test('of no rule are none', () => {
    const interest = inContainers();
    expect([asked(interest), interest.open.clauses, interest.dataBytes]).toEqual([[], [], 0]);
  });

  test('include the calls that change what a rule reads of a process', () => {
    const moves = ['chdir', 'chroot', 'fchdir'];
    expect(asked(inContainers('evt.type = unlinkat and proc.cwd startswith /tmp'))).toEqual([
      ...moves,
      'unlinkat',
    ]);
    expect(asked(inContainers('evt.type = unlinkat'))).toEqual(['unlinkat']);
  });
});

describe('opens', () => {
  test('are filtered in the kernel by what the rule says of the file', () => {
    const { open } = inContainers(SHADOW);
    expect(open.clauses).toMatchObject([{ group: { leaves: expect.arrayContaining(['shadow']) }, scope: 1 }]);
  });

  test('of which a rule says nothing testable are all sent', () => {
    const { open } = inContainers(SHADOW, 'evt.type = openat and proc.name = cat');
    expect(open.clauses.some((c) => c.mask === 0 && c.group === undefined)).toBe(true);
  });

  test('by handle have no path, and a rule about them must not let every other open through', () => {
    const interest = inContainers(SHADOW, 'evt.type = open_by_handle_at and evt.failed = false');
    expect(asked(interest)).toEqual(['open', 'open_by_handle_at', 'openat']);
    expect(interest.open).toEqual(inContainers(SHADOW).open);
  });

  test('of the host have clauses of their own', () => {
    const { open } = interestOfRules(rules(`${SHADOW} and container.id != host`), true);
    expect(open.clauses.map((c) => c.scope)).toEqual([1]);
    expect(new Set(interestOfRules(rules(SHADOW), true).open.clauses.map((c) => c.scope))).toEqual(
      new Set([1, 2]),
    );
  });
});

describe('what costs more is asked for only where a rule reads it', () => {
  test.each([
    ['evt.type = execve', false],
    ['evt.type = execve and proc.env contains LD_PRELOAD', true],
    ['evt.type = execve and proc.env[HOME] = /root', true],
    ['evt.type = execve and proc.aenv contains X', true],
    ['evt.type = execve and evt.arg.env contains LD_PRELOAD', true],
    ['evt.type = execve and evt.args contains LD_PRELOAD', true],
    ['evt.type = socket and evt.args contains AF_PACKET', false],
    ['evt.type = openat and evt.arg.flags contains O_TRUNC', false],
  ])('the environment: %s', (condition, environment) => {
    expect(inContainers(condition).environment).toBe(environment);
  });

  test.each([
    ['evt.type = write', false],
    ['evt.type = write and evt.buffer contains ssh', true],
    ['evt.type = write and evt.arg.data contains ssh', true],
    ['evt.type = write and evt.arg[1] contains ssh', true],
    ['evt.type = write and evt.args contains ssh', true],
    ['evt.type = socket and evt.args contains AF_PACKET', false],
    ['evt.type = openat and evt.arg.flags contains O_TRUNC', false],
  ])('the data moved: %s', (condition, data) => {
    expect(inContainers(condition).dataBytes > 0).toBe(data);
  });
});

describe('answers of name servers', () => {
  test.each([
    ['evt.type = connect', 0],
    ['evt.type = connect and fd.sip.name = api.test', 1],
  ])('%s', (condition, expected) => {
    expect(inContainers(condition).answers).toBe(expected);
  });

  test('are asked for on the host too when it is watched, and by a filter', () => {
    expect(interestOfRules(rules('evt.type = connect and fd.rip.name = api.test'), true).answers).toBe(3);
    expect(interestOfTypes(new Set(['connect']), false).answers).toBe(0);
    expect(interestOfTypes(new Set(['connect']), false, true).answers).toBe(1);
  });
});

describe('the live stream', () => {
  test('asks for whole types', () => {
    const interest = interestOfTypes(new Set(['openat', 'connect']), true);
    expect([asked(interest), scope(interest, 'openat'), interest.open]).toEqual([
      ['connect', 'openat'],
      3,
      ALL_OPENS,
    ]);
    expect(scope(interestOfTypes(new Set(['openat']), false), 'openat')).toBe(1);
  });
});
