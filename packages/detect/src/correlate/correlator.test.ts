import type { FactView } from '@runward/rules';
import { describe, expect, test } from 'vitest';
import { FactCorrelator } from '../testing/fact-correlator.js';

const SECOND = 1e9;
const item = (kind: string, name: string, by: string, rest: string, output = 'o'): string =>
  `- ${kind}: ${name}\n  desc: d\n  priority: NOTICE\n  output: "${output}"\n  by: ${by}\n  within: 10s\n${rest}`;
const STEPS = `  steps:
    - { name: made, condition: evt.type = openat, same: fd.name }
    - { name: ran, condition: evt.type = execve, same: proc.exepath }
`;
const COUNT = '  condition: evt.type = connect\n';

const at = (seconds: number, type: string, facts: FactView = {}): FactView => ({
  ...{ 'evt.type': type, 'evt.rawtime': 1e15 + seconds * SECOND, 'evt.num': seconds, 'container.id': 'c1' },
  ...facts,
});

/** Output of what is found, event by event. */
function outputs(correlator: FactCorrelator, events: readonly FactView[]): readonly string[] {
  return events.flatMap((event) => correlator.judge(event).map(({ output }) => output));
}

describe('what is found', () => {
  test('shows fields of each step, the key and the time it took', () => {
    const text = item(
      'sequence',
      'S',
      'container',
      STEPS,
      '%made.fd.name by %made.proc.name, %proc.name; %key %elapsed %count',
    );
    const found = outputs(new FactCorrelator(text), [
      at(1, 'openat', { 'fd.name': '/tmp/x', 'proc.name': 'cp' }),
      at(3.5, 'execve', { 'proc.exepath': '/tmp/x', 'proc.name': 'x' }),
    ]);
    expect(found).toEqual(['/tmp/x by cp, x; c1, /tmp/x 2.5s 2']);
  });

  test('has the remembered events as witnesses, and fields by token', () => {
    const correlator = new FactCorrelator(
      item('sequence', 'S', 'container', STEPS, '%made.proc.name %fd.num'),
    );
    correlator.judge(at(1, 'openat', { 'fd.name': '/x' }));
    const [match] = correlator.judge(at(2, 'execve', { 'proc.exepath': '/x' }));
    expect(match?.found.links.map((link) => link.witness)).toEqual([1]);
    expect(match?.fields).toEqual({ 'made.proc.name': null, 'fd.num': null });
  });

  test('lists distinct values and what came while the threshold was quiet', () => {
    const text = item(
      'threshold',
      'T',
      'container',
      `${COUNT}  distinct: fd.name\n  at_least: 2\n`,
      '%count %values %total',
    );
    const correlator = new FactCorrelator(text);
    const connect = (seconds: number, name: string): FactView => at(seconds, 'connect', { 'fd.name': name });
    expect(outputs(correlator, [connect(0, 'a'), connect(1, 'a'), connect(2, 'b')])).toEqual(['2 (a,b) 3']);
    // Quiet for ten seconds, then anew.
    expect(
      outputs(correlator, [connect(3, 'c'), connect(11, 'd'), connect(12, 'e'), connect(13, 'f')]),
    ).toEqual(['2 (e,f) 4']);
  });

  test('is nothing for events without what they are grouped or counted by', () => {
    const text = item('threshold', 'T', '[fd.rip]', `${COUNT}  distinct: fd.rport\n  at_least: 1\n`);
    const correlator = new FactCorrelator(text);
    expect(
      outputs(correlator, [at(1, 'connect', { 'fd.rip': '10.0.0.1' }), at(2, 'connect', { 'fd.rport': 1 })]),
    ).toEqual([]);
    expect(outputs(correlator, [at(3, 'connect', { 'fd.rip': '10.0.0.1', 'fd.rport': 1 })])).toEqual(['o']);
  });
});

describe('a tree', () => {
  const text = item(
    'sequence',
    'S',
    'tree',
    '  steps:\n    - { name: one, condition: evt.type = execve }\n    - { name: two, condition: evt.type = openat }\n',
  );
  test('is the process of the first step and its descendants', () => {
    const correlator = new FactCorrelator(text);
    const open = (seconds: number, pid: number, ...parents: number[]): FactView =>
      at(seconds, 'openat', { 'proc.pid': pid, 'proc.apid': parents });
    correlator.judge(at(0, 'execve', { 'proc.pid': 10, 'proc.apid': [1] }));
    expect(outputs(correlator, [open(1, 1), open(2, 11, 1)])).toEqual([]);
    expect(outputs(correlator, [open(3, 12, 11, 10, 1)])).toEqual(['o']);
  });
});

describe('memory', () => {
  const threshold = item('threshold', 'T', 'container', `${COUNT}  at_least: 3\n`);
  const connect = (seconds: number, id: string): FactView => at(seconds, 'connect', { 'container.id': id });

  test('holds a bounded number of groups; what is evicted is the one idle longest, and counted', () => {
    const correlator = new FactCorrelator(threshold, { maxGroups: 2 });
    expect(
      outputs(
        correlator,
        ['a', 'b', 'a', 'c', 'b', 'b'].map((id, i) => connect(i / 10, id)),
      ),
    ).toEqual([]);
    expect(correlator.correlator.stats).toMatchObject({ groups: 2, evicted: 2 });
    expect(outputs(correlator, [connect(1, 'b')])).toEqual(['o']);
  });

  test('holds a bounded number of bytes; who remembers most gives way', () => {
    const distinct = item('threshold', 'U', 'container', `${COUNT}  distinct: fd.name\n  at_least: 10000\n`);
    const correlator = new FactCorrelator(threshold + distinct, { maxBytes: 20_000 });
    for (let i = 0; i < 5000; i++)
      correlator.judge(at(i / 1000, 'connect', { 'fd.name': 'x'.repeat(300) + i }));
    const { bytes, evicted } = correlator.correlator.stats;
    expect(bytes).toBeLessThan(20_000);
    expect(evicted).toBeGreaterThan(0);
  });

  test('is given back by groups that were idle for a window, and by containers that are gone', () => {
    const correlator = new FactCorrelator(threshold);
    for (const id of ['a', 'b', 'c']) correlator.judge(connect(0, id));
    correlator.correlator.endContainer('b');
    expect(correlator.correlator.stats.groups).toBe(2);
    correlator.judge(connect(11, 'd'));
    correlator.judge(connect(11, 'd'));
    expect(correlator.correlator.stats).toMatchObject({ groups: 1, evicted: 0 });
    correlator.correlator.endContainer('d');
    expect(correlator.correlator.stats).toEqual({ groups: 0, bytes: 0, evicted: 0 });
  });

  test('long values are told apart although only their beginning is kept', () => {
    const correlator = new FactCorrelator(
      item('threshold', 'T', 'container', `${COUNT}  distinct: fd.name\n  at_least: 2\n`),
    );
    const long = 'x'.repeat(4000);
    const found = outputs(correlator, [
      at(1, 'connect', { 'fd.name': `${long}a` }),
      at(2, 'connect', { 'fd.name': `${long}a` }),
      at(3, 'connect', { 'fd.name': `${long}b` }),
    ]);
    expect(found).toEqual(['o']);
  });
});

describe('time', () => {
  const sequence = item('sequence', 'S', 'container', STEPS);
  const made = (seconds: number): FactView => at(seconds, 'openat', { 'fd.name': '/x' });
  const ran = (seconds: number): FactView => at(seconds, 'execve', { 'proc.exepath': '/x' });

  test('of an event that comes late is that of the newest before it', () => {
    expect(outputs(new FactCorrelator(sequence), [made(100), ran(99)])).toEqual(['o']);
    expect(outputs(new FactCorrelator(sequence), [at(20, 'execve'), made(1), ran(12)])).toEqual(['o']);
  });

  test('that steps far back voids what was remembered', () => {
    expect(outputs(new FactCorrelator(sequence), [made(1000), ran(10), made(11), ran(12)])).toEqual(['o']);
  });
});

describe('a reload', () => {
  const sequence = item('sequence', 'S', 'container', STEPS);
  const made = at(1, 'openat', { 'fd.name': '/x' });
  const ran = at(2, 'execve', { 'proc.exepath': '/x' });

  test('keeps what was seen for those that judge as before, and says it in the new words', () => {
    const before = new FactCorrelator(sequence);
    before.judge(made);
    const after = new FactCorrelator(sequence.replace('"o"', '"new"').replace('NOTICE', 'ERROR'), {}, before);
    expect(outputs(after, [ran])).toEqual(['new']);
  });

  test('forgets those that changed or are gone', () => {
    const before = new FactCorrelator(sequence);
    before.judge(made);
    const changed = new FactCorrelator(sequence.replace('10s', '20s'), {}, before);
    expect(changed.correlator.stats).toMatchObject({ groups: 0, bytes: 0 });
    expect(outputs(changed, [ran])).toEqual([]);
  });
});
