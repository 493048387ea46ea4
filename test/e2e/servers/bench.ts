import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeBundle } from '../harness/oci-bundle.js';
import { type Collected, must, poll, run, start } from '../harness/process.js';
import { uniqueName } from '../harness/runtime.js';
import { removeCgroup, removeTree, Scratch } from '../harness/scratch.js';
import { ATTACKS, type AttackResult, attackResults } from './attacks.js';
import { type ServerImage, serverImage } from './layer.js';
import type { Exploit, Server } from './servers.js';

export interface LoadFailure {
  readonly command: string;
  readonly said: string;
}

export interface RunningServer {
  readonly id: string;
  /** Of the server, in the host's PID namespace. */
  readonly pid: number;
  /** What it printed on its standard error so far. */
  log(): string;
  /** One round of load; what went wrong. */
  load(seconds: number): Promise<LoadFailure[]>;
  /** Orders the attack to the server's own process; undefined: no answer within the time. */
  attack(name: string): Promise<AttackResult | undefined>;
  /** Whether a known way in through the server's own door worked. */
  exploit(exploit: Exploit): Promise<boolean>;
  isRunning(): boolean;
  remove(): Promise<void>;
}

export interface ServerOptions {
  readonly name?: string;
  /** Labels of the container: what selectors of policies look at. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Changes the bundle's configuration before the container starts. */
  readonly adapt?: (config: OciConfig) => void;
}

/** What of an OCI configuration the bench changes. */
export interface OciConfig {
  process: { user: { uid: number; gid: number }; env: string[]; [key: string]: unknown };
  annotations?: Record<string, string>;
  [key: string]: unknown;
}

const patienceMs = 60_000;

/** Starts servers in runc containers of a bundle each; loads and attacks them. */
export class ServerBench {
  private readonly scratch = new Scratch('servers');
  private readonly running = new Set<RunningServer>();

  /** The program in front of `run`, `exec` and `delete`: runc, or a wrapper of it. */
  constructor(private readonly runtime = 'runc') {}

  private command(...args: readonly string[]): string[] {
    return ['--root', this.scratch.below('state'), ...args];
  }

  async start(server: Server, options: ServerOptions = {}): Promise<RunningServer> {
    const image = await serverImage();
    const name = options.name ?? uniqueName(server.name);
    const bundle = this.scratch.below(name);
    const env = { LD_PRELOAD: '/opt/implant.so', ...server.env };
    // Privileged: what denies is then the policy, and not the confinement the runtime itself brings.
    const wanted = { name, args: server.args, env, privileged: true };
    await makeBundle(bundle, image.layers, wanted, `/${name}`);
    const configFile = join(bundle, 'config.json');
    await adaptConfig(configFile, (config) => {
      config.process.user = { uid: server.user, gid: server.user };
      if (options.labels !== undefined) config.annotations = { ...options.labels };
      options.adapt?.(config);
    });
    const pidFile = join(bundle, 'pid');
    const foreground = start(
      this.runtime,
      this.command('run', '--bundle', bundle, '--pid-file', pidFile, name),
    );
    let isOver = false;
    void foreground.exit.then(() => {
      isOver = true;
    });
    let removed: Promise<void> | undefined;
    const remove = async (): Promise<void> => {
      await run(this.runtime, this.command('delete', '--force', name));
      await foreground.exit;
      await must('umount', ['-l', join(bundle, 'rootfs')]);
      await removeTree(bundle);
      await removeCgroup(name);
    };
    const pid = await poll(
      () => (isOver ? 0 : existsSync(pidFile) && Number(readFileSync(pidFile, 'utf8'))) || undefined,
      patienceMs,
    );
    const made: RunningServer = {
      id: name,
      pid: pid ?? 0,
      log: foreground.stderr,
      load: (seconds) => this.load(server, image, made, seconds),
      attack: (attackName) => attack(image, foreground, made, attackName),
      exploit: async ({ command, worked }) => {
        const { stdout } = await inNetworkOf(made.pid, image, command);
        return worked.test(stdout);
      },
      isRunning: () => !isOver,
      remove: () => {
        removed ??= remove();
        return removed;
      },
    };
    this.running.add(made);
    const ready = await poll(async () => {
      if (isOver) return false;
      const probe = await inNetworkOf(made.pid, image, server.ready);
      return probe.code === 0 || undefined;
    }, patienceMs, 200); // biome-ignore format: short
    if (!ready)
      throw new Error(`${server.name} does not answer: ${foreground.stdout()}${foreground.stderr()}`);
    // The stranger whom attacks call is an address of the container's own network, so that nothing leaves it.
    await must('nsenter', [
      `--net=/proc/${made.pid}/ns/net`,
      'ip',
      'address',
      'add',
      '203.0.113.66/32',
      'dev',
      'lo',
    ]);
    for (const command of server.prepare) await mustIn(made.pid, image, command);
    return made;
  }

  private async load(
    server: Server,
    image: ServerImage,
    made: RunningServer,
    seconds: number,
  ): Promise<LoadFailure[]> {
    const failures: LoadFailure[] = [];
    const note = (
      command: readonly string[],
      result: { code: number; stdout: string; stderr: string },
    ): void => {
      const said = `${result.stdout}${result.stderr}`;
      if (result.code !== 0 || server.failure.test(said))
        failures.push({ command: command.join(' '), said: said.slice(-2000) });
    };
    for (const command of server.load(seconds)) {
      note(command, await inNetworkOf(made.pid, image, command, seconds * 1000 + 120_000));
    }
    if (server.health !== undefined) {
      note(server.health, await run(this.runtime, this.command('exec', made.id, ...server.health)));
    }
    return failures;
  }

  async close(): Promise<void> {
    for (const server of this.running) await server.remove();
    this.running.clear();
    await this.scratch.remove();
  }
}

async function adaptConfig(file: string, change: (config: OciConfig) => void): Promise<void> {
  const { writeFile, readFile } = await import('node:fs/promises');
  const config: OciConfig = JSON.parse(await readFile(file, 'utf8')); // written by makeBundle, of this shape
  change(config);
  await writeFile(file, JSON.stringify(config));
}

/**
 * A program of the image in the network of the container, and in nothing else of it: what loads a server is neither
 * learned nor held to its policy.
 */
function inNetworkOf(pid: number, image: ServerImage, command: readonly string[], timeoutMs = 60_000) {
  const layer = image.layers.split(':')[0] ?? '';
  const enter = `
    mount -t tmpfs none "$1/mnt" && mkdir "$1/mnt/root"
    mount -t overlay overlay "$1/mnt/root" -o "lowerdir=$2:$1"
    cd "$1/mnt/root" && mount --bind /dev dev && mount -t proc proc proc
    shift 2 && exec chroot . "$@"`;
  return run(
    'nsenter',
    [
      `--net=/proc/${pid}/ns/net`,
      'unshare',
      '--mount',
      'sh',
      '-euc',
      enter,
      'sh',
      image.rootfs,
      layer,
      ...command,
    ],
    { timeoutMs },
  );
}

async function mustIn(pid: number, image: ServerImage, command: readonly string[]): Promise<void> {
  const result = await inNetworkOf(pid, image, command, 300_000);
  if (result.code !== 0)
    throw new Error(`${command.join(' ')} exited ${result.code}: ${result.stdout}${result.stderr}`);
}

async function attack(
  image: ServerImage,
  foreground: Collected,
  server: RunningServer,
  name: string,
): Promise<AttackResult | undefined> {
  const before = attackResults(foreground.stderr()).length;
  const number = ATTACKS.findIndex((known) => known.name === name);
  const { code, stderr } = await run(image.order, [String(server.pid), String(number)]);
  if (code !== 0) throw new Error(`${name}: ${stderr.trim()}; the server said: ${server.log().slice(-3000)}`);
  return poll(() => attackResults(foreground.stderr())[before], patienceMs);
}
