import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InterestTrial } from '@runward/agent/testing';
import { fieldCatalogue, RingView } from '@runward/events';
import { openEventSource } from '@runward/replay';
import { loadRules } from '@runward/rules';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startAgent } from './harness/agent.js';
import { requireRuntime, runtimes, uniqueName } from './harness/index.js';
import { poll, startTied } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const COMMAND = join(import.meta.dirname, '../../bin/runward');

const scratch = new Scratch('narrowing');
const runtime = runtimes.runc();
beforeEach((test) => requireRuntime(runtime, test));
afterAll(async () => {
  await runtime.close();
  await scratch.remove();
});

const ROUNDS = 8;
const QUIET_WRITES = 2000;

/**
 * One process that is `quiet` long enough for the kernel to be told to send nothing of it, then executes `writer`,
 * whose first act counts, and so on. Between the two it forks, without executing anything. Early on it waits: the
 * reader is to have its turn on a busy machine too.
 */
const SCRIPT = `
cat > /tmp/quiet <<'END'
#!/bin/sh
[ $1 -gt 0 ] || exit 0
i=0
while [ $i -lt ${QUIET_WRITES} ]; do
  [ $i -ne 100 ] || sleep 0.1
  : > /tmp/noise
  i=$((i + 1))
done
( : > /tmp/child )
exec /tmp/writer $1
END
cat > /tmp/writer <<'END'
#!/bin/sh
: > /tmp/hit-$1
exec /tmp/quiet $(($1 - 1))
END
chmod +x /tmp/quiet /tmp/writer
/tmp/quiet ${ROUNDS}
`;

const rule = (name: string, condition: string): string =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: "%fd.name %proc.name"\n  priority: NOTICE\n`;
const OPENED = 'evt.type in (open, openat, openat2, creat) and evt.is_open_write = true';
const RULES = [
  rule('writer', `${OPENED} and container.id != host and proc.name = writer and fd.name startswith /tmp/`),
  rule('child', `${OPENED} and proc.name = quiet and fd.filename = child`),
  rule('other', `evt.type in (unlink, unlinkat) and proc.name in (cleaner, sweeper)`),
].join('');

interface Outcome {
  readonly found: readonly string[];
  readonly events: number;
  readonly narrowed: number;
}

async function runWith(args: readonly string[]): Promise<Outcome> {
  const file = scratch.below(`${uniqueName('rules')}.yaml`);
  writeFileSync(file, RULES);
  const agent = await startAgent({ rules: [file], args: ['--group', '0', '--rate-limit', '0', ...args] });
  const { code } = await runtime.runToEnd({ args: ['sh', '-c', SCRIPT] });
  const { stderr, detections } = await agent.stop();
  expect(code).toBe(0);
  const line = stderr.split('\n').find((text) => text.startsWith('{"summary"'));
  const { summary } = JSON.parse(line ?? '{}');
  const found = detections.map((d) => `${d.rule} ${d.output}`).toSorted();
  return { found, events: summary.events, narrowed: summary.narrowed };
}

describe('asking less of processes that no rule can match', () => {
  it('changes no detection, and sends a fraction of the events', async () => {
    const whole = await runWith(['--no-narrowing']);
    const narrow = await runWith([]);
    expect(narrow.found).toEqual(whole.found);
    expect(narrow.found.filter((line) => line.startsWith('writer'))).toHaveLength(ROUNDS);
    expect(narrow.found.filter((line) => line.startsWith('child'))).toHaveLength(ROUNDS);
    expect(whole.narrowed).toBe(0);
    expect(narrow.narrowed).toBeGreaterThanOrEqual(ROUNDS);
    // How much is saved depends on how soon the reader gets round to it; others' events are counted in both.
    const quiet = ROUNDS * QUIET_WRITES;
    expect(whole.events).toBeGreaterThan(quiet);
    expect(whole.events - narrow.events, `${whole.events}, then ${narrow.events}`).toBeGreaterThan(quiet / 5);
  });
});

describe('on events that were recorded whole', () => {
  it('a model of the kernel side withholds most of them and no detection', async () => {
    const file = scratch.below(`${uniqueName('quiet')}.rwrec`);
    const recorder = startTied(COMMAND, ['record', '-o', file]);
    await poll(() => (/ready/.test(recorder.stderr()) ? true : undefined), 60_000);
    await runtime.runToEnd({ args: ['sh', '-c', SCRIPT] });
    recorder.child.kill('SIGTERM');
    expect((await recorder.exit).code).toBe(0);
    const { value } = loadRules([{ name: 'rules.yaml', text: RULES }], { catalogue: fieldCatalogue });
    if (value === undefined) throw new TypeError('the rules do not load');
    const trial = new InterestTrial(value);
    const source = await openEventSource(file);
    await source.replay((view) => {
      if (view instanceof RingView) trial.take(view);
    });
    const { calls, byType, byProcess, detections, narrowDetections } = trial.result;
    expect([...narrowDetections]).toEqual([...detections]);
    expect(detections.get('writer')).toBe(ROUNDS);
    expect(detections.get('child')).toBe(ROUNDS);
    expect(byType).toBeLessThan(calls);
    expect(byProcess).toBeLessThan(byType / 3);
  });
});
