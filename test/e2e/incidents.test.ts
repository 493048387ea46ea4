import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaptureReport } from '@runward/agent/capture';
import { ControlClient } from '@runward/agent/control-client';
import type { FalsePositiveReport, IncidentReport } from '@runward/agent/incidents';
import type { IncidentSummary } from '@runward/incidents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DetectionLine } from './harness/agent.js';
import { command } from './harness/asked-agent.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { type Collected, poll, run, startTied, stop } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const RULES = `
- rule: Test shell
  desc: |
    A shell was started.

    Response: ask who it was.
  condition: evt.type in (execve, execveat) and evt.rawres = 0 and proc.name = sh and proc.args contains attack
  output: "shell %proc.cmdline"
  priority: NOTICE
  tags: [mitre_execution, T1059.004]
- rule: Test secret
  desc: Passwords were read.
  condition: evt.type in (open, openat, openat2) and evt.is_open_read = true and fd.name = /etc/shadow
  output: "%fd.name read by %proc.cmdline"
  priority: ERROR
  tags: [mitre_credential_access, T1003.008]
- rule: Test connection
  desc: A connection was opened.
  condition: evt.type = connect and fd.rport = 4444
  output: "connection to %fd.rip by %proc.cmdline"
  priority: WARNING
  tags: [mitre_command_and_control, T1095]
- rule: Test backup
  desc: A file of the backup was read.
  condition: evt.type in (open, openat, openat2) and evt.is_open_read = true and fd.directory = /srv
  output: "%fd.name read by %proc.cmdline"
  priority: WARNING
  tags: [mitre_collection, T1005]
`;

const SECRET = 'hunter2-not-to-be-kept';

const runtime = runtimes.runc();
const scratch = new Scratch('incidents');
const state = scratch.below('state');
const socket = join(scratch.path, 'agent.sock');
const rules = scratch.below('rules');
const client = new ControlClient(socket);

let agent: Collected;
let victim: TestContainer;

async function startAgent(): Promise<void> {
  const args = ['run', '--json', '--no-flows', '--group', '0', '--rate-limit', '0', '--rules', rules];
  agent = startTied(command, [...args, '--socket', socket, '--state', state]);
  const isReady = await poll(
    () =>
      client.ask('GET', '/v1/incidents').then(
        () => true,
        () => (agent.child.exitCode === null ? undefined : false),
      ),
    60_000,
    50,
  );
  if (isReady !== true) throw new Error(`the agent did not become ready: ${agent.stderr()}`);
}

const runward = (...args: readonly string[]) => run(command, [...args, '--socket', socket]);

async function incidentsOf(container: TestContainer): Promise<readonly IncidentSummary[]> {
  const { stdout } = await runward('incidents', 'list', '--all', '--where', container.id, '--json');
  return (JSON.parse(stdout) as { readonly incidents: readonly IncidentSummary[] }).incidents; // the command's own answer
}

/** The one incident of a container, once it is as asked. */
async function incident(
  container: TestContainer,
  isAsWanted: (found: IncidentSummary) => boolean,
): Promise<IncidentSummary> {
  let seen: readonly IncidentSummary[] = [];
  const found = await poll(
    async () => {
      seen = await incidentsOf(container);
      return seen.find(isAsWanted);
    },
    40_000,
    100,
  );
  expect(seen).toHaveLength(1);
  if (found === undefined) throw new Error(`not as wanted: ${JSON.stringify(seen)}`);
  return found;
}

const told = (container: TestContainer): readonly (DetectionLine & { readonly incident?: string })[] =>
  agent
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as DetectionLine) // the agent's own output
    .filter(({ output_fields }) => output_fields['container.id'] === container.id.slice(0, 12));

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  mkdirSync(rules);
  writeFileSync(join(rules, 'test.yaml'), RULES);
  await startAgent();
  victim = await runtime.start({ args: ['sleep', '600'], env: { API_TOKEN: SECRET } });
}, 120_000);

afterAll(async () => {
  await stop(agent);
  await runtime.close();
  await scratch.remove();
}, 60_000);

describe('an attack in steps', () => {
  let id: string;

  it('is one incident, with its stages in their order, its processes, and what would have prevented it', async () => {
    await victim.exec(['sh', '-c', ': attack; cat /etc/shadow; exercise connect 127.0.0.1 4444; true']);
    const found = await incident(victim, ({ stages }) => stages.length === 3);
    id = found.id;
    expect(found.stages.map(({ tactic }) => tactic)).toEqual([
      'execution',
      'credential_access',
      'command_and_control',
    ]);
    // 60 of the error, 8 for each further stage, 4 for each further rule.
    expect(found).toMatchObject({ state: 'open', severity: 'critical', score: 84, count: 3 });
    expect(told(victim).map(({ rule, incident: of }) => [rule, of])).toEqual([
      ['Test shell', id],
      ['Test secret', id],
      ['Test connection', id],
    ]);

    const { stdout: json } = await runward('incidents', 'show', id.slice(-8), '--json');
    const { incident: whole, guidance, prevention } = JSON.parse(json) as IncidentReport; // the command's own answer
    const shell = whole.processes.find(({ rules: matched }) => matched.includes('Test shell'));
    const reader = whole.processes.find(({ rules: matched }) => matched.includes('Test secret'));
    expect(shell?.pid).toBeGreaterThan(0);
    expect(whole.processes.find(({ key }) => key === reader?.parent)?.pid).toBe(shell?.pid);
    expect(guidance.act[0]).toEqual({ about: 'Test shell', text: 'ask who it was.' });
    expect(prevention).toContain('/etc/shadow');
    expect(prevention).toContain('127.0.0.1');

    const file = scratch.below('prevent.yaml');
    expect(await runward('incidents', 'show', id, '--policy', file)).toMatchObject({ code: 0 });
    expect(await run(command, ['policy', 'check', file])).toMatchObject({ code: 0 });

    const { stdout: text } = await runward('incidents', 'show', id);
    expect(text).toMatch(
      /sh\(\d+\) .*root: Test shell\n\s+\w+\(\d+\) cat \/etc\/shadow {2}root: Test secret\n/,
    );
    expect(text.indexOf('Notice: Test shell')).toBeLessThan(text.indexOf('Error: Test secret'));
  }, 120_000);

  it('stays when the agent is killed, with what was written down, and goes on in the next one', async () => {
    await runward('incidents', 'assign', id, 'ada');
    await runward('incidents', 'note', id, 'called', 'the', 'owner');
    const file = join(state, 'incidents', `${id}.json`);
    const isWritten = (): true | undefined =>
      (existsSync(file) && readFileSync(file, 'utf8').includes('called the owner')) || undefined;
    expect(await poll(isWritten, 10_000)).toBe(true);
    agent.child.kill('SIGKILL');
    await agent.exit;
    await startAgent();
    expect(await incident(victim, () => true)).toMatchObject({
      id,
      state: 'investigating',
      assignee: 'ada',
      count: 3,
    });
    await victim.exec(['cat', '/etc/shadow']);
    await incident(victim, ({ count }) => count === 4);
    const { stdout } = await runward('incidents', 'show', id);
    expect(stdout).toContain(': called the owner');
  }, 120_000);

  it('is told to those who follow, each time it changes', async () => {
    const follower = startTied(command, [
      'incidents',
      'list',
      '--follow',
      '--where',
      victim.id,
      '--socket',
      socket,
    ]);
    const isTold = await poll(async () => {
      await runward('incidents', 'note', id, 'looked', 'again');
      return follower.stdout().includes(`${id} changed`) || undefined;
    }, 30_000);
    await stop(follower);
    expect(isTold).toBe(true);
  }, 120_000);

  it('is open again when it goes on after it was resolved', async () => {
    const { stdout } = await runward('incidents', 'resolve', id, '--why', 'rebuilt');
    expect(stdout).toContain(`${id} is resolved`);
    expect((await runward('incidents', 'list', '--where', victim.id)).stderr).toContain('no incidents');
    await victim.exec(['cat', '/etc/shadow']);
    await incident(victim, ({ state: now }) => now === 'open');
    const { stdout: text } = await runward('incidents', 'show', id);
    expect(text).toContain('state resolved to open: it went on after it was resolved: Test secret');
  }, 120_000);

  it('can be captured: what runs and was brought along, by its digest, and no secret', async () => {
    await victim.exec(['sh', '-c', 'cp /bin/busybox /root/sleep; /root/sleep 300 >/dev/null 2>&1 &']);
    const running = (): Promise<CaptureReport> => capture(victim);
    const report = await poll(async () => {
      const made = await running();
      return made.foreign.length > 0 ? made : undefined;
    }, 20_000);
    if (report === undefined) throw new Error('the program that was brought along is not in the capture');
    const read = (file: string): unknown => JSON.parse(readFileSync(join(report.folder, file), 'utf8'));
    const changed = read('upper-layer.json') as { readonly changes: readonly LayerChange[] }; // the capture's own file
    const tool = changed.changes.find(({ path }) => path === '/root/sleep');
    expect(report.foreign).toEqual([
      expect.objectContaining({ path: '/root/sleep', origin: 'upper', sha256: tool?.sha256 }),
    ]);
    const processes = read('processes.json') as readonly { readonly environment: readonly string[] }[]; // as above
    expect(processes.length).toBeGreaterThanOrEqual(2);
    expect(processes[0]?.environment).toContain('API_TOKEN');
    for (const { path } of report.files)
      expect(readFileSync(join(report.folder, path)).includes(SECRET)).toBe(false);
    const { stdout } = await runward('incidents', 'show', id);
    expect(stdout).toContain(`response captured: ${report.folder}`);
  }, 120_000);

  it('says once that a response captured it, and where that lies', async () => {
    const timesCaptured = async (): Promise<number> =>
      (await runward('incidents', 'show', id)).stdout.match(/response captur/g)?.length ?? 0;
    const before = await timesCaptured();
    await runward('respond', 'capture', victim.id, '--why', 'a second look');
    expect(await timesCaptured()).toBe(before + 1);
    const { stdout } = await runward('incidents', 'show', id);
    expect(stdout).toMatch(/response capture done: a second look; kept in \S+\/captures\//);
  }, 120_000);

  it('leaves the machine as one file that anybody can check, with its captures, signed by the evidence log', async () => {
    const file = scratch.below('incident.tar.zst');
    const made = await runward('incident', 'bundle', id, '-o', file, '--state', state, '--json');
    expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: '' });
    const { signature, files } = JSON.parse(made.stdout) as Bundle; // the command's own answer
    const paths = files.map(({ path }) => path);
    const expected = [
      'report.html',
      'incident.json',
      'incident.ocsf.json',
      'detections.ocsf.ndjson',
      'prevention.yaml',
    ];
    expect(paths).toEqual(expect.arrayContaining(expected));
    expect(paths.some((path) => /^captures\/.+\/processes\.json$/.test(path))).toBe(true);

    const verified = await run(command, ['incident', 'verify', file, '--public-key', signature.key]);
    expect({ code: verified.code, stderr: verified.stderr }).toEqual({ code: 0, stderr: '' });
    const { stdout: listed } = await run('sh', ['-c', `zstd -dcq "$1" | tar -tf -`, 'sh', file]);
    expect(listed.trim().split('\n')).toEqual([...paths, 'manifest.json', 'manifest.sig.json']);
    expect((await run('sh', ['-c', `zstd -dcq "$1" | tar -xOf - report.html`, 'sh', file])).stdout).toContain(
      id,
    );

    const changed = scratch.below('changed.tar.zst');
    const edit = `zstd -dcq "$1" | sed 's/Test secret/Test sacred/' | zstd -qo "$2"`;
    expect((await run('sh', ['-c', edit, 'sh', file, changed])).code).toBe(0);
    const refused = await run(command, ['incident', 'verify', changed]);
    expect([refused.code, refused.stdout]).toEqual([
      1,
      expect.stringContaining('`incident.json` was changed'),
    ]);

    const evidence = await run(command, ['evidence', 'query', '--folder', join(state, 'evidence'), '--json']);
    const record = evidence.stdout
      .split('\n')
      .find((line) => line.includes('"bundled"') && line.includes(id));
    expect(JSON.parse(record ?? '{}')).toMatchObject({ seq: signature.seq, kind: 'incident' });
  }, 120_000);
});

interface Bundle {
  readonly files: readonly { readonly path: string }[];
  readonly signature: { readonly key: string; readonly seq: number };
}

interface LayerChange {
  readonly path: string;
  readonly sha256?: string;
}

async function capture(container: TestContainer): Promise<CaptureReport> {
  const { stdout, stderr } = await runward('capture', container.id, '--json');
  expect(stderr).toBe('');
  const { captures } = JSON.parse(stdout) as { readonly captures: readonly CaptureReport[] }; // the command's own answer
  const [report] = captures;
  if (report === undefined) throw new Error(`no capture: ${stdout}`);
  return report;
}

it('a false positive proposes the exception that makes the rule silent about it, and about nothing else', async () => {
  const backup = await runtime.start({ args: ['sleep', '600'] });
  await backup.exec(['sh', '-c', 'echo > /srv/data; echo > /srv/other; cat /srv/data; true']);
  const { id } = await incident(backup, ({ count }) => count === 1);
  const { stdout } = await runward('incidents', 'false-positive', id, '--why', 'the backup', '--json');
  const { incident: closed, exception } = JSON.parse(stdout) as FalsePositiveReport; // the command's own answer
  expect([closed.state, exception.remarks]).toEqual(['false-positive', []]);

  writeFileSync(join(rules, 'zz-exception.yaml'), exception.rules);
  agent.child.kill('SIGHUP');
  expect(await poll(() => agent.stderr().includes('rules reloaded') || undefined, 20_000)).toBe(true);
  await backup.exec(['sh', '-c', 'cat /srv/data; cat /srv/other; true']);
  const other = await poll(() => told(backup).find(({ output }) => output.includes('/srv/other')), 20_000);
  expect(other).toBeDefined();
  expect(told(backup).filter(({ output }) => output.includes('/srv/data'))).toHaveLength(1);
}, 120_000);
