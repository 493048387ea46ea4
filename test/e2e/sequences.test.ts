import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type DetectionLine, startAgent, type TestAgent } from './harness/agent.js';
import { requireRuntime, runtimes } from './harness/index.js';

const OWN = `
- sequence: Written, then read back
  desc: the same file by the same container, unless it was renamed in between
  priority: NOTICE
  output: "%write.fd.name written by %write.proc.name, read by %proc.name after %elapsed"
  by: container
  within: 20s
  steps:
    - name: write
      condition: evt.type in (open, openat, creat) and evt.is_open_write = true and fd.directory = /root
      same: fd.name
    - without: evt.type in (rename, renameat, renameat2)
      same: fs.path.source
    - name: read
      condition: evt.type in (open, openat) and evt.is_open_read = true and fd.directory = /root
      same: fd.name
- threshold: Three different files
  desc: distinct values, by process
  priority: NOTICE
  output: "%count: %values"
  by: process
  within: 20s
  condition: evt.type in (open, openat) and evt.is_open_read = true and fd.directory = /srv
  distinct: fd.name
  at_least: 3
`;

let agent: TestAgent;
let own: string;
const folder = mkdtempSync(join(tmpdir(), 'runward-sequences-'));

beforeAll(async () => {
  own = join(folder, 'own.yaml');
  writeFileSync(own, OWN);
  agent = await startAgent({ rules: ['rules', own] });
});

afterAll(async () => {
  const { stderr } = await agent.stop();
  rmSync(folder, { recursive: true });
  expect(stderr).toContain('"evicted":0');
});

const isFrom = (line: DetectionLine, container: { readonly id: string }): boolean =>
  line.output_fields['container.id'] === container.id.slice(0, 12);

describe('sequences and thresholds, on real containers', () => {
  const runc = runtimes.runc();
  beforeEach((test) => requireRuntime(runc, test));
  afterAll(() => runc.close());

  const detect = async (script: string, rule: string): Promise<DetectionLine> => {
    const done = await runc.runToEnd({ args: ['sh', '-c', script] });
    return agent.until((line) => isFrom(line, done) && line.rule === rule);
  };

  test('a file that is written, made executable and started is one detection', async () => {
    const script = 'cp /bin/busybox /tmp/tool; exercise chmod /tmp/tool 755; /tmp/tool true';
    const line = await detect(script, 'File written, made executable and started');
    expect(line.output).toContain('(file=/tmp/tool written_by=');
    expect(line.output_fields).toMatchObject({ 'write.fd.name': '/tmp/tool', 'proc.exepath': '/tmp/tool' });
  });

  test('21 ports of one container within a minute are a scan, although each has a process of its own', async () => {
    const script = 'p=1; while [ $p -le 21 ]; do exercise connect 127.0.0.1 $p; p=$((p+1)); done; true';
    const line = await detect(script, 'Many ports contacted');
    expect(line.output_fields.count).toBe(21);
    expect(line.output).toContain('ports=21 first=(1,2,3,');
  });

  test('steps meet by the value of a field, and what was forbidden in between ends them', async () => {
    const script = `cd /root; echo a > one; echo b > two; mv two three; echo c > two; mv one four; mv four one
      cat one three two`;
    const line = await detect(script, 'Written, then read back');
    expect(line.output).toMatch(/^\/root\/two written by sh, read by \w+ after \d+\.\ds$/);
  });

  test('distinct values count per process', async () => {
    const script = 'cd /srv; for f in a b c d; do echo > $f; done; cat a; cat b; cat c; cat a a b b c d';
    const done = await runc.runToEnd({ args: ['sh', '-c', script] });
    const line = await agent.until((l) => isFrom(l, done) && l.rule === 'Three different files');
    expect(line.output).toBe('3: (/srv/a,/srv/b,/srv/c)');
    const again = agent.detections.filter((l) => isFrom(l, done) && l.rule === 'Three different files');
    expect(again).toHaveLength(1);
  });

  test('a reload keeps what was seen of those that did not change', async () => {
    const first = await runc.runToEnd({ args: ['sh', '-c', 'true'] });
    expect(first.id).not.toBe('');
    const scan = (from: number, to: number): string =>
      `p=${from}; while [ $p -le ${to} ]; do exercise connect 127.0.0.1 $p; p=$((p+1)); done`;
    const running = runc.runToEnd({
      args: ['sh', '-c', `${scan(101, 115)}; sleep 2; ${scan(116, 122)}; true`],
    });
    await new Promise((resolve) => setTimeout(resolve, 1200));
    writeFileSync(own, OWN.replace('at_least: 3', 'at_least: 4'));
    agent.signal('SIGHUP');
    const done = await running;
    const line = await agent.until((l) => isFrom(l, done) && l.rule === 'Many ports contacted');
    expect(line.output_fields.count).toBe(21);
    expect(agent.stderr()).toContain('rules reloaded');
  });
});
