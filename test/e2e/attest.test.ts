import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from './attest/fleet.js';
import { cleanSpec, plants, type Spec } from './attest/planted.js';
import { AskedAgent, command } from './harness/asked-agent.js';
import { requireRuntime, runtimes } from './harness/index.js';
import { poll, run } from './harness/process.js';

interface Told {
  readonly name: string;
  readonly state: string;
  readonly differences: readonly { readonly what: string; readonly effect: string; readonly text: string }[];
}

interface Heard {
  readonly rule: string;
  readonly source: string;
  readonly output: string;
  readonly container: { readonly name: string } | null;
}

const fleet = new Fleet();
const PLANTS = plants(fleet.folders);
const state = fleet.scratch.below('state');
const names = new Map<string, string>();
let told: ReadonlyMap<string, Told>;

const runward = (...args: readonly string[]) =>
  run(command, [...args, '--state', state, ...fleet.options, '--json'], { timeoutMs: 60_000 });
const clean = (): Spec => cleanSpec(fleet.rootfs, fleet.folders);

async function diff(...args: readonly string[]): Promise<ReadonlyMap<string, Told>> {
  const { stdout, stderr } = await runward('attest', 'diff', ...args);
  expect(stderr).toBe('');
  const { containers } = JSON.parse(stdout) as { readonly containers: readonly Told[] }; // the command's own answer
  return new Map(containers.map((each) => [each.name, each]));
}

beforeAll(async () => {
  const runc = runtimes.runc();
  await requireRuntime(runc, { skip: (note) => expect.fail(note) });
  await runc.close();
  await fleet.open();
  names.set('approved', await fleet.start('approved', clean()));
  const approved = await runward(
    'attest',
    'approve',
    fleet.image,
    '--seccomp-filters',
    '--why',
    'a test',
    '--socket',
    `${state}.sock`,
  );
  expect(approved).toMatchObject({ code: 0, stderr: '' });
  await Promise.all([
    ...['clean-1', 'clean-2', 'clean-3'].map(async (name) =>
      names.set(name, await fleet.start(name, clean())),
    ),
    ...PLANTS.map(async ({ name, plant }) => {
      const spec = clean();
      plant(spec);
      names.set(name, await fleet.start(name, spec));
    }),
  ]);
  told = await diff(fleet.image, '--seccomp-filters');
}, 180_000);

afterAll(() => fleet.close(), 60_000);

const of = (name: string): Told | undefined => told.get(names.get(name) ?? '');

it.each(['approved', 'clean-1', 'clean-2', 'clean-3'])(
  'nothing is told of the clean container %s',
  (name) => {
    expect(of(name)).toMatchObject({ state: 'approved', differences: [] });
  },
);

describe('what is planted in a container is told, and nothing else', () => {
  it('of at least 25 kinds', () => expect(PLANTS.length).toBeGreaterThanOrEqual(25));

  it.each(PLANTS.map((plant) => [plant.name, plant] as const))('%s', (name, { told: expected, text }) => {
    const found = of(name);
    expect(found?.differences.map(({ what }) => what)).toEqual(expected);
    expect(found?.differences.map((each) => each.text).join('\n')).toMatch(text);
  });
});

describe('an agent', () => {
  let agent: AskedAgent;
  const heard: Heard[] = [];
  const following = new AbortController();

  beforeAll(async () => {
    agent = await AskedAgent.start({
      args: ['--attest', '--attest-interval', '1h', '--no-enforcement', ...fleet.options],
    });
    void (async () => {
      for await (const line of agent.client.lines('/v1/detections/stream', following.signal))
        heard.push(line as Heard); // the agent's own route
    })().catch(() => undefined);
    const name = names.get('approved') ?? '';
    const approved = await run(command, [
      'attest',
      'approve',
      name,
      '--json',
      '--why',
      'a test',
      ...agent.argv(),
      '--state',
      agent.state,
      ...fleet.options,
    ]);
    expect(approved).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(approved.stdout)).toMatchObject({ key: `container:${name}`, onRecord: true });
  }, 120_000);

  afterAll(async () => {
    following.abort();
    await agent.stop();
  }, 60_000);

  /** What no call tells of is seen when it is looked for. */
  const look = async (): Promise<readonly Told[]> => {
    const answer = await agent.client.ask('GET', '/v1/attest', { timeoutMs: 60_000 });
    return (answer as { readonly containers: readonly Told[] }).containers; // the agent's own route
  };
  const told = (container: string, rule: RegExp, what: RegExp) =>
    poll(
      () => heard.find((d) => d.container?.name === container && rule.test(d.rule) && what.test(d.output)),
      60_000,
      50,
    );
  const asRoot = (container: string, ...args: string[]) =>
    fleet.runc('exec', '--user', '0', '--cap', 'CAP_SYS_ADMIN', container, ...args);

  it('tells what changes in an approved container while it runs, after which call of whom, and when it is as approved again', async () => {
    const name = names.get('approved') ?? '';
    await asRoot(name, 'mount', '-t', 'tmpfs', 'none', '/mnt');
    const mounted = await told(name, /not as approved/, /a tmpfs is mounted at `\/mnt`/);
    expect(mounted).toMatchObject({
      priority: 'Warning',
      source: 'attest',
      process: { name: 'mount' },
      output_fields: { 'attest.after': 'mount' },
    });
    await fleet.runc('update', '--memory', '134217728', '--memory-swap', '-1', name);
    await look();
    expect(await told(name, /not as approved/, /limited to 134217728 bytes/)).toBeDefined();
    const pidFile = fleet.scratch.below('pid');
    await fleet.runc(
      'exec',
      '--detach',
      '--pid-file',
      pidFile,
      '--user',
      '0',
      '--cap',
      'CAP_SYS_ADMIN',
      name,
      'sleep',
      '3601',
    );
    await look();
    expect(await told(name, /not as approved/, /runs in it with `CAP_SYS_ADMIN`/)).toBeDefined();
    await fleet.runc('update', '--memory', '67108864', '--memory-swap', '-1', name);
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
    await asRoot(name, 'umount', '/mnt');
    await look();
    expect(await told(name, /as approved again/, /may do what was approved again/)).toMatchObject({
      priority: 'Informational',
    });
  });

  it('tells what changes in a container that nothing was approved for', async () => {
    const name = names.get('clean-1') ?? '';
    await asRoot(name, 'mount', '-t', 'tmpfs', 'none', '/mnt');
    expect(await told(name, /changed while it runs/, /a tmpfs is mounted at `\/mnt`/)).toMatchObject({
      process: { name: 'mount' },
    });
  });

  it('tells nothing of a container that stays as it is, and shows no rule of its own to anybody', () => {
    const quiet = names.get('clean-2') ?? '';
    expect(heard.filter(({ source, container }) => source === 'attest' && container?.name === quiet)).toEqual(
      [],
    );
    expect(heard.filter(({ rule }) => rule.startsWith('runward itself'))).toEqual([]);
  });

  it('has the approval on record', async () => {
    const { stdout } = await run(command, [
      'evidence',
      'query',
      '--kind',
      'attest.approved',
      '--json',
      '--folder',
      join(agent.state, 'evidence'),
    ]);
    expect(stdout).toContain(`container:${names.get('approved')}`);
  });
});
