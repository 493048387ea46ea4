/** The commands that look at the past, over a recording of a container that was watched meanwhile. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { detected, startAgent } from './harness/agent.js';
import { requireRuntime, runtimes, uniqueName } from './harness/index.js';
import { Scratch } from './harness/scratch.js';

const COMMAND = join(import.meta.dirname, '../../bin/runward');
const RULES = resolve(import.meta.dirname, '../../rules');
const MISBEHAVIOUR = [
  'cat /etc/shadow; cat /etc/shadow; cat /etc/shadow',
  'ln -s /etc/shadow /tmp/link; cat /tmp/link',
  'cp /bin/busybox /tmp/x; chmod u+s /tmp/x; rm /tmp/x',
  'true',
].join('\n');

const runtime = runtimes.runc();
const scratch = new Scratch('replay');
beforeEach((test) => requireRuntime(runtime, test));
afterAll(async () => {
  await runtime.close();
  await scratch.remove();
});

const runward = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(COMMAND, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr };
};
const parsed = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

it('a replay writes what was written live; a backtest and a filter see the same container', async () => {
  const folder = scratch.below('flight');
  const agent = await startAgent({
    rules: [RULES],
    args: ['--format', 'full', '--group', '0', '--rate-limit', '0', '--flight-recorder', folder],
  });
  const name = uniqueName('replayed');
  await runtime.runToEnd({ name, args: ['sh', '-c', MISBEHAVIOUR] });
  await agent.until((line) => line.output.includes('/etc/shadow'));
  const { detections } = await agent.stop();
  expect(detections.length).toBeGreaterThan(2);

  const each = ['--group', '0', '--rate-limit', '0', '--format', 'full'];
  const again = runward('replay', folder, '--rules', RULES, ...each);
  expect(again.status, again.stderr).toBe(0);
  expect(parsed(again.stdout)).toEqual(detections.map(detected));

  const shadow = `- rule: Shadow read\n  desc: d\n  condition: evt.type in (open, openat) and fd.name=/etc/shadow and container.id != host\n  output: read by %proc.name\n  priority: ERROR\n`;
  const rules = scratch.below('shadow.yaml');
  writeFileSync(rules, shadow);
  const backtest = runward('backtest', '--rules', rules, '--against', RULES, '--over', folder, '--json');
  expect(backtest.status, backtest.stderr).toBe(0);
  const summary = JSON.parse(backtest.stdout);
  const found = summary.rules.find((r: { rule: string }) => r.rule === 'Shadow read');
  expect(found.workloads.map((w: { workload: { container: string } }) => w.workload.container)).toEqual([
    name,
  ]);
  expect(found.added).toBeGreaterThanOrEqual(4);
  expect(summary.gone).toBeGreaterThan(0);

  const events = runward(
    'events',
    '--over',
    folder,
    '--json',
    `container.name=${name} and fd.name=/etc/shadow`,
  );
  expect(parsed(events.stdout).length).toBeGreaterThanOrEqual(4);
});
