import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isolationFolderOf } from '@runward/agent/isolation';
import type { RespondAnswer, RespondStatus } from '@runward/agent/respond';
import { Isolation } from '@runward/enforce/isolation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AskedAgent, command } from './harness/asked-agent.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { must, poll, run, start } from './harness/process.js';
import { cgroupMounts, Scratch } from './harness/scratch.js';

type Record = RespondAnswer['responses'][number];

const scratch = new Scratch('respond');
const state = scratch.below('state');
let agent: AskedAgent;

/** Grows while the container runs. */
const BEATS = 'while :; do echo >> /tmp/beat; sleep 0.02; done';
/** Ends when it is asked to, as a first process has to say. */
const MAIN = `trap 'exit 0' TERM; rm /etc/hosts; echo made > /etc/made; mkdir /opt/new; ln /etc/made /opt/new/again; ln -s /etc/shadow /opt/new/link; (${BEATS}) & wait`;

async function only(container: string, order: object, why = ''): Promise<Record> {
  const body = { container, order, why };
  const { responses } = (await agent.client.ask('POST', '/v1/respond', {
    body,
    timeoutMs: 60_000,
  })) as RespondAnswer; // the agent's own route
  const [record, ...more] = responses;
  if (record === undefined || more.length > 0) throw new Error(`${more.length + 1} responses`);
  return record;
}
async function undo({ id }: Record): Promise<Record> {
  const options = { body: { id }, timeoutMs: 60_000 };
  return (await agent.client.ask('POST', '/v1/respond/undo', options)) as Record; // the agent's own route
}
async function runward(...args: readonly string[]) {
  return run(command, [...args, '--socket', agent.client.socket]);
}
async function listed(): Promise<RespondStatus> {
  return (await agent.client.ask('GET', '/v1/respond')) as RespondStatus; // the agent's own route
}

const beat = (pid: number): number => {
  try {
    return statSync(`/proc/${pid}/root/tmp/beat`).size;
  } catch {
    return 0;
  }
};
async function beats(pid: number): Promise<boolean> {
  const before = beat(pid);
  return (await poll(() => beat(pid) > before || undefined, 10_000)) === true;
}
async function isStill(pid: number): Promise<boolean> {
  const before = beat(pid);
  await new Promise((resolve) => setTimeout(resolve, 200));
  return beat(pid) === before;
}

/** What the cgroups of a process say of limits and freezing: an undo leaves all of it as it was. */
function settings(pid: number): object {
  const paths = new Set(
    readFileSync(`/proc/${pid}/cgroup`, 'utf8')
      .split('\n')
      .map((line) => line.replace(/^\d+:[^:]*:/, ''))
      .filter((path) => path !== '' && path !== '/'),
  );
  const names = [
    'freezer.state',
    'cgroup.freeze',
    'cpu.cfs_quota_us',
    'cpu.cfs_period_us',
    'cpu.max',
    'pids.max',
  ];
  const found = cgroupMounts().flatMap((mount) =>
    [...paths].flatMap((path) =>
      names
        .map((name) => join(mount, path, name))
        .filter((file) => existsSync(file))
        .map((file) => [file, readFileSync(file, 'utf8').trim()] as const),
    ),
  );
  return Object.fromEntries(found);
}

/** Pids of the host whose command line is exactly this. */
function running(...argv: readonly string[]): readonly number[] {
  const wanted = `${argv.join('\0')}\0`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === wanted;
      } catch {
        return false;
      }
    });
}
const isAlive = (pid: number): boolean => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(text.slice(text.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
};

/** The command line of a program that names a path. */
function argvOf(program: string, named: string): readonly string[] {
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const argv = readText(`/proc/${name}/cmdline`).split('\0').slice(0, -1);
    if (argv[0]?.endsWith(program) === true && argv.some((word) => word.includes(named))) return argv;
  }
  return [];
}
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** What was killed ends a moment after nothing of it runs any more. */
const ends = async (pid: number): Promise<boolean> =>
  (await poll(() => !isAlive(pid) || undefined, 10_000)) === true;

let unique = 70_000 + (process.pid % 1000) * 10;
const nap = (): string => {
  unique += 1;
  return String(unique);
};

/** A process that has children and grandchildren, as host pids, its own first. */
async function tree(container: TestContainer): Promise<readonly number[]> {
  const [first, second, third] = [nap(), nap(), nap()];
  const script = `sleep ${first} & sh -c 'sleep ${second} & wait' & exec sleep ${third}`;
  await container.exec(['sh', '-c', `sh -c "${script}" >/dev/null 2>&1 &`]);
  const found = await poll(() => {
    const pids = [third, first, second].map((time) => running('sleep', time)[0]);
    return pids.includes(undefined) ? undefined : pids.filter((pid) => pid !== undefined);
  }, 10_000);
  if (found === undefined) throw new Error('the processes did not start');
  return found;
}

const ENGINES = ['docker', 'containerd', 'containerd-cri'] as const;
const subjects = ['runc', 'containerd', 'containerd-cri', 'docker', 'podman'] as const;
const starters = Object.fromEntries(subjects.map((name) => [name, runtimes[name]()])) as {
  readonly [K in (typeof subjects)[number]]: ReturnType<(typeof runtimes)[K]>;
};

beforeAll(async () => {
  await requireRuntime(starters.runc, { skip: (note) => expect.fail(note) });
  const sockets = ENGINES.flatMap((name) => [
    '--runtime-socket',
    `${name.startsWith('containerd') ? 'containerd' : name}=${starters[name].socket ?? ''}`,
  ]);
  agent = await AskedAgent.start({ args: ['--no-enforcement', '--state', state, ...sockets] });
}, 120_000);

afterAll(async () => {
  await agent?.stop();
  Isolation.releaseAll(isolationFolderOf(state));
  for (const runtime of Object.values(starters)) await runtime.close();
  await scratch.remove();
}, 120_000);

describe.each(subjects)('a container of %s', (name) => {
  const runtime = starters[name];
  let container: TestContainer;
  let pid: number;

  beforeAll(async () => {
    await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
    container = await runtime.start({ args: ['sh', '-c', MAIN] });
    pid = container.pid ?? 0;
    expect(await beats(pid)).toBe(true);
  }, 120_000);

  it('is paused, throttled and quarantined, and is as it was when that is undone', async () => {
    const before = settings(pid);
    const paused = await only(container.id, { action: 'pause' }, 'a test');
    expect(paused).toMatchObject({ result: 'done', why: 'a test', by: { kind: 'person', who: { uid: 0 } } });
    expect(await isStill(pid)).toBe(true);
    expect(await only(container.id, { action: 'pause' })).toMatchObject({ result: 'already', undo: [] });
    expect((await listed()).inForce).toMatchObject([{ id: paused.id }]);
    expect((await undo(paused)).undone).toMatchObject({ why: 'it was asked for', notes: [] });
    expect((await undo(paused)).undone).toBeDefined();
    expect(await beats(pid)).toBe(true);

    const slow = await only(container.id, { action: 'throttle', cpus: 0.5, pids: 90 });
    expect(slow).toMatchObject({ result: 'done', notes: [] });
    const slower = await only(container.id, { action: 'throttle', pids: 80 });
    const limits = settings(pid);
    expect(Object.entries(limits).filter(([file]) => file.endsWith('pids.max'))).toContainEqual([
      expect.anything(),
      '80',
    ]);
    expect((await listed()).inForce).toMatchObject([{ id: slower.id }]);
    expect((await undo(slower)).undone?.notes).toEqual([]);
    expect(settings(pid)).toEqual(before);

    const kept = await only(container.id, { action: 'quarantine' });
    expect(kept).toMatchObject({ result: 'done', facts: { by: 'pause' } });
    expect(await isStill(pid)).toBe(true);
    await undo(kept);
    expect(settings(pid)).toEqual(before);
    expect(await beats(pid)).toBe(true);
  }, 60_000);

  it('loses a process with all its descendants and nothing else, and only its own', async () => {
    const pids = await tree(container);
    const stranger = start('sleep', [nap()]);
    const other = stranger.child.pid ?? 0;
    const refused = await only(container.id, { action: 'kill-process', pid: other });
    expect(refused.error).toMatchObject({ code: 'RESPOND_NOT_IN_CONTAINER' });
    expect(isAlive(other)).toBe(true);
    stranger.child.kill('SIGKILL');

    const record = await only(container.id, { action: 'kill-process', pid: pids[0] });
    expect(record).toMatchObject({
      result: 'done',
      notes: [],
      undo: [],
      facts: { how: 'frozen', pending: false },
    });
    for (const each of pids) expect(await ends(each)).toBe(true);
    expect(await beats(pid)).toBe(true);
    const again = await only(container.id, { action: 'kill-process', pid: pids[0] });
    expect(again.error?.code).toBe('RESPOND_VANISHED');
  }, 60_000);

  it('has what it changed kept as a tar file with whiteouts', async () => {
    const record = await only(container.id, { action: 'snapshot' });
    // The type of facts follows from the action.
    const { path, digest } = record.facts as { readonly path: string; readonly digest: string };
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(`sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`).toBe(digest);
    const names = (await must('tar', ['-tf', path])).split('\n');
    expect(names).toEqual(expect.arrayContaining(['etc/made', 'opt/new/', 'opt/new/again', 'opt/new/link']));
    if (name === 'runc') expect(names).toContain('etc/.wh.hosts');
    expect(await must('tar', ['-xOf', path, 'etc/made'])).toBe('made\n');
  }, 60_000);

  it('is ended with every process of it at once', async () => {
    const paused = await only(container.id, { action: 'pause' });
    const record = await only(container.id, { action: 'kill-container' });
    expect(record).toMatchObject({ result: 'done' });
    expect(await ends(pid)).toBe(true);
    const { history } = await listed();
    expect(history.find(({ id }) => id === paused.id)?.undone?.why).toBe('the container ended');
    await expect(
      agent.client.ask('POST', '/v1/respond', {
        body: { container: container.id, order: { action: 'pause' } },
      }),
    ).rejects.toMatchObject({ code: 'CONTROL_NOT_FOUND' });
  }, 60_000);
});

describe('a response', () => {
  const docker = starters.docker;

  it('does not need the runtime, tells what that would have been for, and the engine is told when it answers', async () => {
    const container = await docker.start({ args: ['sh', '-c', MAIN] });
    const pid = container.pid ?? 0;
    expect(await beats(pid)).toBe(true);
    const policy = async (): Promise<unknown> =>
      JSON.parse(
        await must('docker', [
          '--host',
          `unix://${docker.socket ?? ''}`,
          'inspect',
          '--format',
          '{{json .HostConfig.RestartPolicy.Name}}',
          container.id,
        ]),
      );
    await must('docker', [
      '--host',
      `unix://${docker.socket ?? ''}`,
      'update',
      '--restart',
      'always',
      container.id,
    ]);
    const first = await only(container.id, { action: 'quarantine' });
    expect(first).toMatchObject({
      result: 'done',
      notes: [],
      undo: [{ step: 'restarts' }, { step: 'thaw' }],
    });
    expect(await policy()).toBe('no');
    await undo(first);
    expect(await policy()).toBe('always');
    expect(await beats(pid)).toBe(true);

    const [daemon = 0] = running(...argvOf('dockerd', docker.socket ?? ''));
    process.kill(daemon, 'SIGSTOP');
    try {
      const hung = await only(container.id, { action: 'quarantine' });
      expect(hung).toMatchObject({ result: 'done', undo: [{ step: 'thaw' }] });
      expect(hung.notes.join()).toMatch(/a restart is not prevented: .* did not answer/);
      expect(await isStill(pid)).toBe(true);
      await undo(hung);
      expect(await beats(pid)).toBe(true);
    } finally {
      process.kill(daemon, 'SIGCONT');
    }
    const stopped = await only(container.id, { action: 'stop', graceMs: 30_000 });
    expect(stopped).toMatchObject({
      result: 'done',
      facts: { gracefully: true },
      undo: [{ step: 'restarts' }],
    });
    expect(await ends(pid)).toBe(true);
    expect(await policy()).toBe('no');
    await undo(stopped);
    expect(await policy()).toBe('always');
    await container.remove();
  }, 90_000);

  it('by command is told in words and as JSON, listed with who asked, and undone by the beginning of its id', async () => {
    const container = await starters.runc.start({ args: ['sh', '-c', MAIN] });
    expect(await beats(container.pid ?? 0)).toBe(true);
    const paused = await runward('respond', 'pause', container.name, '--why', 'somebody is inside');
    expect(paused).toMatchObject({ code: 0, stderr: '' });
    const [, id = ''] =
      /^pause: \S+: done after [\d.]+ ms; `runward respond undo ([0-9a-f]{8})` takes it back$/m.exec(
        paused.stdout,
      ) ?? [];
    expect((await runward('respond', 'list')).stdout).toMatch(
      new RegExp(`^in force:\n.*\n${id} .* pause +${container.name} .*done .*somebody is inside`, 'm'),
    );
    expect((await runward('respond', 'undo', id)).stdout).toBe(
      `\`pause\` of ${container.name} is over: it was asked for\n`,
    );
    const refused = await runward('respond', 'kill-process', container.name, '--pid', String(process.pid));
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stdout).toContain('[RESPOND_NOT_IN_CONTAINER]');
    expect((await runward('respond', 'throttle', container.name)).code).toBe(2);
    const isolated = await only(container.id, { action: 'isolate', allow: ['192.0.2.7'] });
    expect(isolated).toMatchObject({ result: 'done', undo: [{ step: 'release' }] });
    expect((await only(container.id, { action: 'release' })).result).toBe('done');
    expect((await listed()).inForce).toEqual([]);
    await container.remove();
  }, 90_000);

  it('that an agent was killed in is finished by the next one', async () => {
    const container = await starters.runc.start({ args: ['sh', '-c', MAIN] });
    const pid = container.pid ?? 0;
    expect(await beats(pid)).toBe(true);
    const paused = await only(container.id, { action: 'pause' });
    await agent.restart();
    expect((await listed()).inForce).toMatchObject([{ id: paused.id }]);
    expect(await isStill(pid)).toBe(true);
    await undo(paused);
    expect(await beats(pid)).toBe(true);
    await container.remove();
  }, 90_000);
});
