import { writeFileSync } from 'node:fs';
import { fittedRuntime, unwrapped, type Wrap } from './fitted-runtime.js';
import { missingProgram, which } from './host.js';
import { testImage } from './images.js';
import { type Collected, poll, run, startTied, stop } from './process.js';
import { BaseRuntime, type ContainerOptions, type TestContainer } from './runtime.js';
import { removeCgroup, Scratch } from './scratch.js';

/** A dockerd of its own, with its own containerd, socket and data; no bridge, no iptables. */
export class DockerRuntime extends BaseRuntime {
  readonly name = 'docker';
  private readonly scratch = new Scratch('docker');
  private daemon: Promise<Collected> | undefined;
  private readonly loaded = new Map<string, Promise<string>>();

  constructor(private readonly wrap: Wrap = unwrapped) {
    super();
  }

  get socket(): string {
    return this.scratch.below('docker.sock');
  }

  protected async missing(): Promise<string | undefined> {
    return missingProgram('dockerd', 'docker', 'containerd', 'runc');
  }

  private call(args: readonly string[]) {
    const env = { DOCKER_CONFIG: this.scratch.below('client') };
    return run(which('docker') ?? 'docker', ['--host', `unix://${this.socket}`, ...args], { env });
  }

  private async mustCall(args: readonly string[]): Promise<string> {
    const result = await this.call(args);
    if (result.code !== 0) throw new Error(`docker ${args[0]}: ${result.stderr.trim()}`);
    return result.stdout.trim();
  }

  private async startDaemon(): Promise<Collected> {
    const below = (name: string): string => this.scratch.below(name);
    const runtime = fittedRuntime(this.scratch.path, 'runc', this.wrap);
    writeFileSync(below('daemon.json'), '{}');
    const daemon = startTied(which('dockerd') ?? 'dockerd', [
      '--config-file', below('daemon.json'), '--data-root', below('data'), '--exec-root', below('exec'),
      '--pidfile', below('pid'), '--host', `unix://${this.socket}`, '--bridge=none', '--iptables=false',
      '--ip6tables=false', '--ip-forward=false', '--ip-masq=false', '--exec-opt', 'native.cgroupdriver=cgroupfs',
      '--add-runtime', `fitted=${runtime}`, '--default-runtime', 'fitted', '--storage-driver', 'overlay2',
    ]); // biome-ignore format: pairs belong together
    const ready = await poll(
      async () => {
        if (daemon.child.exitCode !== null) return false;
        return (await this.call(['version'])).code === 0 || undefined;
      },
      30_000,
      100,
    );
    if (!ready) {
      await stop(daemon);
      throw new Error(`dockerd does not start: ${daemon.stderr().trim().split('\n').slice(-3).join(' | ')}`);
    }
    return daemon;
  }

  private async image(name = 'tools'): Promise<string> {
    const load = async (): Promise<string> => {
      if (name.includes('/')) {
        await this.mustCall(['pull', '--quiet', name]);
        return name;
      }
      const image = await testImage(name);
      await this.mustCall(['load', '--quiet', '--input', image.archive]);
      return image.reference;
    };
    const loading = this.loaded.get(name) ?? load();
    this.loaded.set(name, loading);
    return loading;
  }

  protected async startContainer(options: ContainerOptions & { name: string }): Promise<TestContainer> {
    this.daemon ??= this.startDaemon();
    await this.daemon;
    const { name } = options;
    const id = await this.mustCall([
      'run', '--detach', '--name', name, '--network=none',
      ...(options.privileged ? ['--privileged'] : []),
      ...(options.tty ? ['--tty'] : []),
      ...(options.hostPid ? ['--pid=host'] : []),
      ...Object.entries(options.env ?? {}).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
      ...(options.mounts ?? []).flatMap((mount) => [
        '--volume', `${mount.source}:${mount.target}:${mount.readonly ? 'ro' : 'rw'}`]),
      await this.image(options.image), ...options.args,
    ]); // biome-ignore format: pairs belong together
    const pid = Number(await this.mustCall(['inspect', '--format', '{{.State.Pid}}', id]));
    let removed: Promise<void> | undefined;
    const remove = async (): Promise<void> => {
      await this.mustCall(['rm', '--force', '--volumes', id]);
      await removeCgroup(`docker/${id}`);
    };
    return {
      id,
      name,
      ...(pid > 0 ? { pid } : {}),
      exec: (args) => this.call(['exec', id, ...args]),
      wait: async () => Number(await this.mustCall(['wait', id])),
      output: async () => {
        const { stdout, stderr } = await this.call(['logs', id]);
        return { stdout, stderr };
      },
      remove: () => {
        removed ??= remove();
        return removed;
      },
    };
  }

  protected async shutDown(): Promise<void> {
    const daemon = await this.daemon?.catch(() => undefined);
    if (daemon !== undefined) await stop(daemon, 15_000);
    await this.scratch.remove();
    // dockerd leaves its parent group; another Docker's containers would keep it alive.
    await removeCgroup('docker');
  }
}
