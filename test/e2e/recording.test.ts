/** What was said live, and what a recording of it says later. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Detection, Detector } from '@runward/detect';
import { fieldCatalogue } from '@runward/events';
import { observe } from '@runward/policy/observe';
import { RecordingSource, type ReplayStats } from '@runward/replay';
import { loadRules } from '@runward/rules';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { toJson } from '../../packages/cli/src/terminal.js';
import { detected, startAgent } from './harness/agent.js';
import { requireRuntime, runtimes, uniqueName } from './harness/index.js';
import { poll, startTied } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const COMMAND = join(import.meta.dirname, '../../bin/runward');
const OWN_RULES = resolve(import.meta.dirname, '../../rules');
const STOCK_RULES = resolve(import.meta.dirname, '../../../shared/conformance/falco-rules/falco_rules.yaml');
/** Reads, writes, links, failed opens, other users, programs that are gone at once: what rules look at. */
const MISBEHAVIOUR = [
  'cat /etc/shadow',
  'ln -s /etc/shadow /tmp/link; cat /tmp/link; rm /tmp/link',
  'mkdir -p /tmp/a/b; cd /tmp/a; touch b/../c; rm -r b ../a/c',
  'cp /bin/busybox /tmp/x; chmod u+s /tmp/x; rm /tmp/x',
  'find / -name id_rsa 2>/dev/null',
  'cat /root/.ssh/authorized_keys /proc/1/environ >/dev/null 2>&1',
  'echo x >> /etc/passwd; echo y > /root/.bashrc; rm -f /root/.bash_history',
  'for i in 1 2 3; do sh -c "id; whoami" >/dev/null; done',
  'true',
].join('\n');

const runtime = runtimes.runc();
const scratch = new Scratch('recording');
const rulePaths = [OWN_RULES, ...(existsSync(STOCK_RULES) ? [STOCK_RULES] : [])];

beforeEach((test) => requireRuntime(runtime, test));
afterAll(async () => {
  await runtime.close();
  await scratch.remove();
});

function readRules(paths: readonly string[]): { name: string; text: string }[] {
  return paths.flatMap((path) =>
    statSync(path).isDirectory()
      ? readRules(
          readdirSync(path)
            .filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'))
            .toSorted()
            .map((name) => join(path, name)),
        )
      : [{ name: path, text: readFileSync(path, 'utf8') }],
  );
}

function detector(): Detector {
  const { value } = loadRules(readRules(rulePaths), { catalogue: fieldCatalogue });
  if (value === undefined) throw new Error('the rules have errors');
  return new Detector(value, { host: false, allMatches: true });
}

interface Replayed {
  readonly lines: readonly string[];
  readonly detections: readonly Detection[];
  readonly stats: ReplayStats;
}

async function replay(path: string): Promise<Replayed> {
  const source = await RecordingSource.open(path);
  const judge = detector();
  const detections: Detection[] = [];
  const stats = await source.replay((view) =>
    judge.judge(view, (d) => detections.push({ ...d, actions: observe(view) })),
  );
  return { lines: detections.map(toJson), detections, stats };
}

/** As the agent's lines are once they were parsed: escapes JSON does not need are gone, nothing else. */
const plain = (line: string): string => JSON.stringify(JSON.parse(line));

const segments = (folder: string): string[] =>
  readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name));

describe('a flight recorder', () => {
  it('replays to the detections that were reported live, byte for byte, every time', async () => {
    const folder = scratch.below('flight');
    const agent = await startAgent({
      rules: rulePaths,
      args: ['--format', 'full', '--all-matches', '--flight-recorder', folder],
    });
    const name = uniqueName('recorded');
    await runtime.runToEnd({ name, args: ['sh', '-c', MISBEHAVIOUR] });
    await agent.until((line) => line.output.includes('/etc/shadow'));
    const { code, detections, stderr } = await agent.stop();
    expect([code, stderr]).toEqual([0, expect.stringContaining('"lostTotal":0')]);
    expect(detections.length).toBeGreaterThan(5);
    const [file = ''] = segments(folder);
    const again = await replay(file);
    expect(again.lines.map(plain)).toEqual(detections.map((d) => JSON.stringify(detected(d))));
    expect(again.stats).toMatchObject({ complete: true, malformed: 0, skipped: [], gaps: [] });
    expect(again.detections.some((d) => d.container?.name === name)).toBe(true);
    expect((await replay(file)).lines).toEqual(again.lines);
    expect([statSync(folder).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it('divides what it keeps into segments that replay by themselves, and stays within its bounds', async () => {
    const folder = scratch.below('rotating');
    const options = {
      rules: rulePaths,
      args: [
        '--format',
        'full',
        '--all-matches',
        '--flight-recorder',
        folder,
        '--flight-recorder-minutes',
        '1',
        '--flight-recorder-size',
        '8',
      ],
    };
    // A segment lasts an eighth of a minute.
    const agent = await startAgent(options);
    const first = uniqueName('first');
    await runtime.runToEnd({ name: first, args: ['sh', '-c', MISBEHAVIOUR] });
    await poll(() => (segments(folder).length >= 2 ? true : undefined), 15_000, 100);
    const second = uniqueName('second');
    await runtime.runToEnd({ name: second, args: ['sh', '-c', MISBEHAVIOUR] });
    const { detections } = await agent.stop();
    expect(segments(folder).length).toBeGreaterThanOrEqual(2);
    const parts = await Promise.all(segments(folder).map(replay));
    expect(parts.flatMap((part) => part.lines).map(plain)).toEqual(
      detections.map((d) => JSON.stringify(detected(d))),
    );
    const total = segments(folder).reduce((sum, path) => sum + statSync(path).size, 0);
    expect(total).toBeLessThan(8 * 1024 * 1024);
  });
});

describe('runward record', () => {
  it('keeps what rules need that nobody had loaded', async () => {
    const file = scratch.below('all.rwrec');
    const command = startTied(COMMAND, ['record', '-o', file, '--json']);
    await poll(() => (command.stderr().includes('ready') ? true : undefined), 30_000, 20);
    const name = uniqueName('all');
    await runtime.runToEnd({ name, args: ['sh', '-c', MISBEHAVIOUR] });
    command.child.kill('SIGTERM');
    const { code, stderr } = await command.exit;
    expect(code).toBe(0);
    expect(stderr).toContain('"lostTotal":0');
    const { detections, stats } = await replay(file);
    expect(stats).toMatchObject({ complete: true, malformed: 0, skipped: [], gaps: [] });
    const ours = detections.filter((d) => d.container?.name === name);
    expect(ours.map((d) => d.rule)).toContain('Password hashes read');
    expect(ours.some((d) => d.output.includes('authorized_keys'))).toBe(true);
  });

  it('killed, leaves a file that can be read up to its last second', async () => {
    const file = scratch.below('killed.rwrec');
    const command = startTied(COMMAND, ['record', '-o', file]);
    await poll(() => (command.stderr().includes('ready') ? true : undefined), 30_000, 20);
    const name = uniqueName('killed');
    await runtime.runToEnd({ name, args: ['sh', '-c', `${MISBEHAVIOUR}\nsleep 2; id; sleep 2`] });
    command.child.kill('SIGKILL');
    await command.exit;
    const { detections, stats } = await replay(file);
    expect(stats.complete).toBe(false);
    expect(stats.gaps.at(-1)?.reason).toContain('was not closed');
    expect(detections.some((d) => d.container?.name === name)).toBe(true);
  });

  it('goes on when more has been recorded than it holds in memory', async () => {
    const file = scratch.below('much.rwrec');
    const command = startTied(COMMAND, ['record', '-o', file, '--json', 'evt.type in (read, write)']);
    await poll(() => (command.stderr().includes('ready') ? true : undefined), 30_000, 20);
    // 600,000 records of 300 bytes, of which a busy machine may lose some; 64 blocks of 1 MiB may be away.
    const script = 'dd if=/dev/zero of=/dev/null bs=1 count=300000 2>/dev/null';
    await runtime.runToEnd({ name: uniqueName('much'), args: ['sh', '-c', script] });
    command.child.kill('SIGTERM');
    const { code, stderr } = await command.exit;
    const { summary } = JSON.parse(stderr.slice(stderr.lastIndexOf('{"summary"'))) as {
      summary: { file: { records: number }; lostTotal: number }; // our own command's line
    };
    expect([code, summary.file.records > 300_000], JSON.stringify(summary)).toEqual([0, true]);
    expect((await replay(file)).stats.events).toBeGreaterThan(300_000);
  });

  it('does not replace a file, nor begin without one', async () => {
    const file = scratch.below('all.rwrec');
    const refused = await startTied(COMMAND, ['record', '-o', file]).exit;
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('exists already')]);
    const missing = await startTied(COMMAND, ['record']).exit;
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('-o FILE')]);
  });
});
