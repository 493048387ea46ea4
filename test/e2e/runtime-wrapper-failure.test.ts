import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { ControlServer } from '@runward/agent/control';
import { type CreationOptions, creationRoutes } from '@runward/agent/creation';
import { IndexSource } from '@runward/oci';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { which } from './harness/host.js';
import { testImage } from './harness/images.js';
import { makeBundle } from './harness/oci-bundle.js';
import { type CommandResult, run } from './harness/process.js';
import { uniqueName } from './harness/runtime.js';
import { cgroupMounts, removeCgroup, removeTree, Scratch } from './harness/scratch.js';
import { front, WrapperPlace } from './runtime-wrapper.js';

const isRoot = process.getuid?.() === 0;
const scratch = new Scratch('ocif');
const place = new WrapperPlace();
const runc = which('runc') ?? 'runc';

interface Bundle {
  readonly name: string;
  readonly folder: string;
  readonly config: string;
  /** Calls the wrapper; `rest` goes before the container's name. */
  run(rest?: readonly string[], environment?: Readonly<Record<string, string>>): Promise<CommandResult>;
}

const made: Bundle[] = [];

async function bundle(args: readonly string[] = ['echo', 'ran']): Promise<Bundle> {
  const image = await testImage();
  const name = uniqueName('rw-oci');
  const folder = scratch.below(name);
  await makeBundle(folder, image.rootfs, { name, args }, `/${name}`);
  const config = join(folder, 'config.json');
  const result: Bundle = {
    name,
    folder,
    config,
    run: (rest = [], environment = {}) => {
      const call = [front, '--root', scratch.below('state'), 'run', '--bundle', folder, ...rest, name];
      // crun refuses a hybrid host (see the harness): there it is shown the v2 tree alone.
      const v2 = 'umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"';
      const isCrun = environment.RUNWARD_RUNTIME?.endsWith('crun') === true && cgroupMounts().length > 1;
      const [program = front, ...args] = isCrun
        ? ['unshare', '--mount', 'sh', '-c', v2, 'sh', ...call]
        : call;
      return run(program, args, { env: { ...place.environment(runc), ...environment } });
    },
  };
  made.push(result);
  return result;
}

async function discard({ name, folder }: Bundle): Promise<void> {
  await run(runc, ['--root', scratch.below('state'), 'delete', '--force', name]);
  await removeTree(folder);
  await removeCgroup(name);
}

const files = (onFailure: 'open' | 'closed'): string => `mode: protect
onFailure: ${onFailure}
file:
  deny:
    - directory: /etc
      operations: [write]
`;
const noRaw = `mode: protect
onFailure: closed
capabilities:
  deny: [NET_RAW]
`;

const images = { judge: async () => ({ kind: 'trusted' }) as const };

/** An agent of the test's own: the creation routes with a kernel that does as it is told. */
async function agent(kernel: CreationOptions['kernel']): Promise<ControlServer> {
  const index = new IndexSource(place.state);
  const hook = { program: front, socket: place.socket, state: place.state };
  const server = await ControlServer.open(place.socket, []);
  server.mount(creationRoutes({ policies: () => index.policies(), hook, kernel, images }));
  return server;
}

/** Something that accepts and never answers. */
function silence(): Promise<Server> {
  rmSync(place.socket, { force: true });
  const server = createServer(() => {});
  return new Promise((resolve) => server.listen(place.socket, () => resolve(server)));
}

describe.skipIf(!isRoot)('runward-oci when things fail', () => {
  let server: ControlServer | undefined;
  beforeAll(async () => {
    await testImage();
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    for (const each of made.splice(0)) await discard(each);
    place.withdraw();
  });
  afterAll(async () => {
    await place.close();
    await scratch.remove();
  });

  describe('without an agent', () => {
    it('refuses what fails closed, and says so to whoever asks', async () => {
      place.apply({ etc: files('closed') });
      const log = scratch.below('runtime.log');
      const { run: start, name, folder } = await bundle();
      const done = await start();
      expect(done).toMatchObject({ code: 1, stdout: '' });
      expect(done.stderr).toMatch(/policy `etc` protects file and is `onFailure: closed`.*no agent is running.*OCI_SECTION_UNENFORCED/); // biome-ignore format: one line
      const logged = await run(front, ['--log', log, '--log-format', 'json', 'create', '-b', folder, name], { env: place.environment(runc) }); // biome-ignore format: one line
      expect(logged.code).toBe(1);
      expect(JSON.parse(readFileSync(log, 'utf8').trim())).toMatchObject({ level: 'error', msg: expect.stringContaining('policy `etc` protects file') }); // biome-ignore format: one line
    });

    it('starts what fails open with what the runtime can enforce, and says what is missing', async () => {
      place.apply({ etc: files('open'), raw: noRaw });
      const { run: start } = await bundle(['grep', 'CapBnd', '/proc/self/status']);
      const done = await start();
      expect(done).toMatchObject({ code: 0 });
      expect(done.stderr).toMatch(/starts without file of policy `etc`, `raw` \(onFailure: open\)/);
      expect(BigInt(`0x${done.stdout.split(':')[1]?.trim()}`) & (1n << 13n)).toBe(0n);
    });

    it('enforces what the runtime can, though the policy fails closed', async () => {
      place.apply({ raw: noRaw });
      const { run: start } = await bundle(['grep', 'CapBnd', '/proc/self/status']);
      const done = await start();
      expect(done).toMatchObject({ code: 0, stderr: '' });
      expect(BigInt(`0x${done.stdout.split(':')[1]?.trim()}`) & (1n << 13n)).toBe(0n);
    });

    it('refuses everything when the policies cannot be read', async () => {
      mkdirSync(join(place.state, 'policies'), { recursive: true });
      writeFileSync(place.index, '{"format":1,"policies":[{}]}');
      const done = await (await bundle()).run();
      expect(done).toMatchObject({ code: 1, stdout: '' });
      expect(done.stderr).toMatch(
        /index\.json has a policy \(number 1\) without a sha256 digest.*OCI_INDEX_UNUSABLE/,
      );
    });

    it('refuses when its configuration is broken, and names the file', async () => {
      const config = scratch.below('oci.json');
      for (const text of [
        '{',
        '{"runtime": "runc"}',
        '{"runtme": "/usr/sbin/runc"}',
        '[]',
        '{"runtime": "/a" "socket": "/b"}',
      ]) {
        writeFileSync(config, text);
        const done = await (await bundle()).run([], { RUNWARD_OCI_CONFIG: config });
        expect(done).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('oci.json') });
      }
    });

    it('refuses to be its own runtime', async () => {
      const done = await run(front, ['state', 'x'], { env: { RUNWARD_RUNTIME: front } });
      expect(done).toMatchObject({ code: 1, stderr: expect.stringContaining('is runward-oci itself') });
    });

    it('leaves a bundle byte for byte as it is when no policy selects it, and restores one that it had changed', async () => {
      place.apply({ raw: noRaw });
      const { run: start, config } = await bundle();
      const before = readFileSync(config);
      expect(await start()).toMatchObject({ code: 0, stdout: 'ran\n' });
      expect(readFileSync(config)).not.toEqual(before);
      expect(await start()).toMatchObject({ code: 0 });
      place.apply({ raw: `selector:\n  containerNames: [other]\n${noRaw}` });
      expect(await start()).toMatchObject({ code: 0, stdout: 'ran\n' });
      expect(readFileSync(config)).toEqual(before);
      expect(existsSync(`${config}.before-runward`)).toBe(false);
    });

    it.each([
      ['no JSON', () => '{"process":', /not JSON/],
      [
        'a field in two cases',
        (text: string) => text.replace('"process":', '"Process": {}, "process":'),
        /OCI_SPEC_AMBIGUOUS/,
      ],
      [
        'capabilities that are a text',
        (text: string) => text.replace(/"bounding": \[[^\]]*\]/, '"bounding": "ALL"'),
        /`process.capabilities.bounding` of the specification is not a list/,
      ],
      [
        'annotations that are no texts',
        (text: string) => text.replace('"hostname":', '"annotations": {"a": 1}, "hostname":'),
        /`annotations.a` of the specification is not a text/,
      ],
    ])('refuses a specification with %s', async (_, change, problem) => {
      // biome-ignore format: a table
      place.apply({ raw: noRaw });
      const { run: start, config } = await bundle();
      writeFileSync(config, change(readFileSync(config, 'utf8')));
      expect(await start()).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(problem) });
    });

    it('keeps numbers that JavaScript cannot hold', async () => {
      place.apply({ raw: noRaw });
      const { run: start, config } = await bundle(['sh', '-c', 'ulimit -Hc']);
      const limit =
        '"rlimits": [{"type": "RLIMIT_CORE", "hard": 18446744073709551615, "soft": 0}], "noNewPrivileges"';
      writeFileSync(config, readFileSync(config, 'utf8').replace('"noNewPrivileges"', limit));
      expect(await start()).toMatchObject({ code: 0, stdout: 'unlimited\n' });
      expect(readFileSync(config, 'utf8')).toContain('18446744073709551615');
    });
  });

  it('decides by itself when the agent does not answer in time', async () => {
    place.apply({ etc: files('closed') });
    const hung = await silence();
    try {
      const done = await (await bundle()).run();
      expect(done).toMatchObject({ code: 1, stdout: '' });
      expect(done.stderr).toMatch(/the agent did not answer within 1500 ms.*OCI_SECTION_UNENFORCED/);
    } finally {
      hung.close();
    }
  });

  describe('with an agent', () => {
    it('binds the cgroup of the container before its first instruction', async () => {
      place.apply({ etc: files('closed') });
      const seen: { id: string; cgroup: string; program: string }[] = [];
      server = await agent({
        problem: () => undefined,
        bind: async ({ id, pid }) => {
          const program = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
          seen.push({ id, cgroup: readFileSync(`/proc/${pid}/cgroup`, 'utf8'), program });
        },
      });
      const { run: start, name } = await bundle(['echo', 'ran']);
      expect(await start()).toMatchObject({ code: 0, stdout: 'ran\n' });
      expect(seen).toMatchObject([
        { id: name, cgroup: expect.stringMatching(new RegExp(`^0::/${name}$`, 'm')) },
      ]);
      expect(seen[0]?.program).toContain('init');
    });

    it.each([
      ['closed', 1, ''],
      ['open', 0, 'ran\n'],
    ] as const)('asks onFailure when binding fails: %s', async (onFailure, code, stdout) => {
      place.apply({ etc: files(onFailure) });
      server = await agent({
        problem: () => undefined,
        bind: () => Promise.reject(new Error('the map is full')),
      });
      const done = await (await bundle()).run();
      expect(done).toMatchObject({ code, stdout });
      if (code !== 0) expect(done.stderr).toMatch(/nothing can enforce it now: the map is full/);
    });

    it('asks onFailure when the agent is gone between creation and hook', async () => {
      place.apply({ etc: files('closed') });
      server = await agent({ problem: () => undefined, bind: () => Promise.resolve() });
      const { run: start, config, name, folder } = await bundle();
      expect(await start()).toMatchObject({ code: 0 });
      await server.close();
      server = undefined;
      // The bundle still has the hook: runc is called without the wrapper.
      expect(readFileSync(config, 'utf8')).toContain('createRuntime');
      const done = await run(runc, ['--root', scratch.below('state'), 'run', '-b', folder, name]);
      expect(done).toMatchObject({ code: 1, stdout: '' });
      expect(done.stderr).toMatch(/hook.*policy `etc` protects file/s);
    });

    it('tells the reason of a refusal as the agent gives it', async () => {
      place.apply({ etc: files('closed') });
      server = await agent({ problem: () => 'no BPF LSM here', bind: () => Promise.resolve() });
      const done = await (await bundle()).run();
      expect(done).toMatchObject({ code: 1, stdout: '' });
      expect(done.stderr).toMatch(/nothing can enforce it now: no BPF LSM here \[OCI_SECTION_UNENFORCED\]/);
    });

    it('starts twenty containers at once, each bound', async () => {
      place.apply({ etc: files('closed'), raw: noRaw });
      const bound = new Set<string>();
      server = await agent({ problem: () => undefined, bind: async ({ id }) => void bound.add(id) });
      const bundles = await Promise.all(Array.from({ length: 20 }, () => bundle()));
      const ends = await Promise.all(bundles.map((each) => each.run()));
      expect(ends.map(({ code, stdout }) => `${code} ${stdout}`)).toEqual(bundles.map(() => '0 ran\n'));
      expect(bound).toEqual(new Set(bundles.map(({ name }) => name)));
    });

    it.each([
      ['runc', ''],
      ['runc', 'privilege:\n  noNewPrivileges: true\n'],
      ['crun', ''],
      ['crun', 'privilege:\n  noNewPrivileges: true\n'],
    ])('%s starts a program under a short list of allowed system calls (%j)', async (program, privilege) => {
      place.apply({
        few: `mode: protect
syscalls:
  default: deny
  allow: [access, stat, fstat, open, openat, ioctl, fcntl, readlink, writev, poll, uname]
${privilege}`,
      });
      const { run: start } = await bundle(['sh', '-c', 'echo ran; mkdir /tmp/x || echo denied']);
      expect(await start([], { RUNWARD_RUNTIME: which(program) ?? program })).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('ran\ndenied'),
      });
    });
  });
});
