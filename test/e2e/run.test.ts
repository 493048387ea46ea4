import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type DetectionLine, startAgent } from './harness/agent.js';
import { requireRuntime, runtimes, uniqueName } from './harness/index.js';
import { poll, run, startTied } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const COMMAND = join(import.meta.dirname, '../../bin/runward');
const FALCO_KEYS = ['time', 'rule', 'priority', 'source', 'hostname', 'output', 'tags', 'output_fields'];

const ruleNamed = (name: string, file: string): string => `
- rule: ${name}
  desc: a container reads ${file}
  condition: evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.name=${file}
  output: "%proc.name read %fd.name in %container.name"
  priority: WARNING
  tags: [T1003]
`;
const BROKEN = `
- rule: No such field
  desc: two mistakes at once
  condition: evt.type = execve and proc.nmae = sh and fd.naem = x
  output: x
  priority: WARNING
`;

const runtime = runtimes.runc();
const scratch = new Scratch('run');
const rulesFile = (text: string): string => {
  const file = scratch.below(`${uniqueName('rules')}.yaml`);
  writeFileSync(file, text);
  return file;
};

/** What the closing line of `run --json` says. */
function summaryOf(stderr: string): Readonly<Record<string, unknown>> {
  const line = stderr.split('\n').find((l) => l.startsWith('{"summary":'));
  const value: { summary?: Readonly<Record<string, unknown>> } = JSON.parse(line ?? '{}'); // checked by its reader
  return value.summary ?? {};
}

beforeEach((test) => requireRuntime(runtime, test));
afterAll(async () => {
  await runtime.close();
  await scratch.remove();
});

describe('runward run', () => {
  it('reports a container that reads the password hashes, in the shape consumers of Falco expect', async () => {
    const agent = await startAgent();
    const name = uniqueName('reader');
    const done = await runtime.runToEnd({ name, args: ['sh', '-c', 'cat /etc/shadow; true'] });
    const line = await agent.until((l) => l.output_fields['container.name'] === name);
    // And the incident it belongs to, once incidents are read.
    expect(Object.keys(line).filter((key) => key !== 'incident')).toEqual(FALCO_KEYS);
    expect(line).toMatchObject({ rule: 'Password hashes read', source: 'syscall' });
    expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    expect(Math.abs(Date.parse(line.time) - Date.now())).toBeLessThan(60_000);
    expect(line.output).toContain(`container=${done.name}`);
    expect(line.tags?.length).toBeGreaterThan(0);
    const { code, stderr } = await agent.stop();
    expect(code).toBe(0);
    expect(stderr).toMatch(/ready after \d+ ms; \d+ rules over \d+ event types/);
    const summary = summaryOf(stderr);
    expect(summary).toMatchObject({ lostTotal: 0, lost: [] });
    expect(summary.detections).toBeGreaterThan(0);
    expect(summary.events).toBeGreaterThan(0);
    expect(summary.cpuSeconds).toBeGreaterThan(0);
  });

  it('says with --format full who did it, from the container and the ancestors to the event', async () => {
    const agent = startTied(COMMAND, [
      'run',
      '--format',
      'full',
      '--rules',
      rulesFile(ruleNamed('Read', '/etc/shadow')),
    ]);
    await poll(() => /\bready after\b/.test(agent.stderr()) || undefined, 20_000);
    const name = uniqueName('full');
    await runtime.runToEnd({ name, args: ['sh', '-c', 'exercise open /etc/shadow r; sleep 1'] });
    await poll(() => agent.stdout().includes(name) || undefined, 5_000);
    agent.child.kill('SIGINT');
    expect((await agent.exit).code).toBe(0);
    const line: unknown = JSON.parse(
      agent
        .stdout()
        .split('\n')
        .find((l) => l.includes(name)) ?? '{}',
    );
    expect(line).toMatchObject({
      rule: 'Read',
      container: { name, runtime: 'runc', problem: '' },
      process: { name: 'exercise', args: ['exercise', 'open', '/etc/shadow', 'r'], uid: 0 },
      event: { truncated: false, callerMemory: false, compat32: false, ioUring: false },
    });
    expect(line).toHaveProperty('ancestors.0.name', 'sh');
  });

  it('writes text that no container can forge a line or a colour in', async () => {
    const agent = startTied(COMMAND, ['run', '--rules', rulesFile(ruleNamed('Read', '/etc/shadow'))]);
    await poll(() => /\bready after\b/.test(agent.stderr()) || undefined, 20_000);
    const name = uniqueName('forger');
    // The process names itself: an escape sequence and a line of its own.
    const script =
      'n=$(printf "x\\033[31m\\nFAKE"); cp /bin/busybox "/tmp/$n"; cd /tmp; exec -a cat "./$n" /etc/shadow';
    await runtime.runToEnd({ name, args: ['sh', '-c', script] });
    await poll(() => agent.stdout().includes(name) || undefined, 5_000);
    agent.child.kill('SIGTERM');
    const { code, stdout, stderr } = await agent.exit;
    expect(code).toBe(0);
    expect(stdout).toContain('x\\x1b[31m\\x0aFAKE'); // the chain of processes; outputs have dots instead
    expect(stdout).not.toContain('\u001b');
    expect(stdout.split('\n').filter((l) => l.startsWith('FAKE'))).toEqual([]);
    expect(stderr).toMatch(/\d+ events, none lost, [1-9]\d* detections in [\d.]+ s; [\d.]+ s of CPU/);
  });

  it('takes changed rules on SIGHUP and keeps the old ones when the new are bad', async () => {
    const file = rulesFile(ruleNamed('First', '/etc/shadow'));
    const agent = await startAgent({ rules: [file] });
    const read = async (path: string): Promise<string> =>
      (await runtime.runToEnd({ args: ['sh', '-c', `cat ${path}; true`] })).name;
    const from = (name: string) => (l: DetectionLine) => l.output_fields['container.name'] === name;
    const told = (text: string, times: number) =>
      poll(() => agent.stderr().split(text).length > times || undefined, 5_000);

    writeFileSync(file, ruleNamed('Second', '/etc/group'));
    agent.signal('SIGHUP');
    expect(await told('rules reloaded', 1)).toBe(true);
    expect((await agent.until(from(await read('/etc/group')))).rule).toBe('Second');

    writeFileSync(file, BROKEN);
    agent.signal('SIGHUP');
    expect(await told('the old ones stay in force', 1)).toBe(true);
    expect(agent.stderr()).toContain('proc.nmae');
    expect(agent.stderr()).toContain('fd.naem');
    expect((await agent.until(from(await read('/etc/group')))).rule).toBe('Second');

    rmSync(file);
    agent.signal('SIGHUP');
    expect(await told('the old ones stay in force', 2)).toBe(true);
    expect((await agent.until(from(await read('/etc/group')))).rule).toBe('Second');
    expect((await agent.stop()).code).toBe(0);
  });

  it('stops on a signal even when nobody reads its output any more', async () => {
    const agent = startTied(COMMAND, [
      'run',
      '--json',
      '--rules',
      rulesFile(ruleNamed('Read', '/etc/shadow')),
    ]);
    await poll(() => /\bready after\b/.test(agent.stderr()) || undefined, 20_000);
    agent.child.stdout?.pause();
    // More than a pipe holds, and more than may be under way between the threads.
    await runtime.runToEnd({ args: ['exercise', 'burst', '30000', 'open', '/etc/shadow', 'r'] });
    agent.child.kill('SIGTERM');
    const stopped = await poll(() => agent.child.exitCode ?? undefined, 5_000);
    if (stopped === undefined) agent.child.kill('SIGKILL');
    expect(stopped).toBe(0);
  });

  it('ends by itself, with its summary, when the reader of its output goes away', async () => {
    const agent = startTied(COMMAND, [
      'run',
      '--json',
      '--rules',
      rulesFile(ruleNamed('Read', '/etc/shadow')),
    ]);
    await poll(() => /\bready after\b/.test(agent.stderr()) || undefined, 20_000);
    agent.child.stdout?.destroy();
    await runtime.runToEnd({ args: ['sh', '-c', 'cat /etc/shadow; true'] });
    expect((await agent.exit).code).toBe(0);
    expect(summaryOf(agent.stderr()).detections).toBe(1);
  });
});

describe('the command line', () => {
  it.each([
    [
      'a rule file with mistakes, each of them named',
      () => ['run', '--rules', rulesFile(BROKEN)],
      /proc\.nmae.*fd\.naem/s,
    ],
    ['a rule file that is not there', () => ['run', '--rules', '/nonexistent.yaml'], /nonexistent\.yaml/],
    ['a filter with a mistake', () => ['events', 'proc.nmae=x'], /proc\.nmae/],
    ['an unknown command', () => ['rnu'], /did you mean `runward run`/],
    ['an unknown option', () => ['run', '--jsno'], /did you mean `--json`/],
    ['a value that is no number', () => ['run', '--ring-size', 'big'], /whole number/],
  ] as const)('refuses %s, with exit code 2', async (_, args, says) => {
    const { code, stdout, stderr } = await run(COMMAND, args());
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/\bready\b/);
  });

  it('shows the events of a container that fit a filter', async () => {
    const agent = startTied(COMMAND, ['events', '--json', 'evt.type=execve and proc.name=true']);
    await poll(() => /\bready\b/.test(agent.stderr()) || undefined, 20_000);
    const name = uniqueName('events');
    await runtime.runToEnd({ name, args: ['sh', '-c', '/bin/true; /bin/false'] });
    await poll(() => agent.stdout().includes(name) || undefined, 5_000);
    agent.child.kill('SIGTERM');
    expect((await agent.exit).code).toBe(0);
    const lines = agent
      .stdout()
      .trim()
      .split('\n')
      .map((l): unknown => JSON.parse(l));
    expect(lines).toContainEqual(
      expect.objectContaining({ type: 'execve', container: expect.objectContaining({ name }) }),
    );
    expect(agent.stdout()).not.toContain('/bin/false');
  });

  it('lists a running container with what it may do that it should not', async () => {
    const container = await runtime.start({
      args: ['sleep', '60'],
      mounts: [{ source: '/etc', target: '/host' }],
      privileged: true,
    });
    const { code, stdout } = await run(COMMAND, ['ps', '--json']);
    await container.remove();
    expect(code).toBe(0);
    const rows: { container: { name: string }; risks: string[]; processes: { command: string }[] }[] =
      JSON.parse(stdout);
    const row = rows.find((r) => r.container.name === container.name);
    expect(row?.processes.map((p) => p.command)).toEqual(['sleep 60']);
    expect(row?.risks).toContainEqual(expect.stringContaining("may write the host's /etc (at /host)"));
    expect(row?.risks).toContain('runs as root');
  });

  it('finds with doctor that the main job works here', async () => {
    const { code, stdout } = await run(COMMAND, ['doctor', '--json']);
    const report: { works: boolean; findings: { feature: string; state: string }[] } = JSON.parse(stdout);
    expect({ code, works: report.works }).toEqual({ code: 0, works: true });
    expect(report.findings).toContainEqual(expect.objectContaining({ feature: 'sensor', state: 'on' }));
  });
});
