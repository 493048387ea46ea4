import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fittedRuntime, unwrapped, type Wrap } from './fitted-runtime.js';
import { missingProgram, which } from './host.js';
import { testImage } from './images.js';
import { run } from './process.js';
import { BaseRuntime, type ContainerOptions, type TestContainer } from './runtime.js';
import { removeCgroup, Scratch } from './scratch.js';

/** Podman with its own storage and state; no daemon, conmon watches each container. */
export class PodmanRuntime extends BaseRuntime {
  readonly name = 'podman';
  private readonly scratch = new Scratch('podman');
  private runtime: string | undefined;
  private readonly loaded = new Map<string, Promise<string>>();

  constructor(
    private readonly wrap: Wrap = unwrapped,
    private readonly program: 'runc' | 'crun' = 'runc',
  ) {
    super();
  }

  /** The machine's own configuration must not decide what a test sees. */
  private configure(): string {
    const folder = this.scratch.path;
    writeFileSync(join(folder, 'containers.conf'), '[engine]\nevents_logger = "file"\n');
    const folders = `graphroot = "${folder}/storage"\nrunroot = "${folder}/run"\n`;
    writeFileSync(join(folder, 'storage.conf'), `[storage]\ndriver = "overlay"\n${folders}`);
    writeFileSync(join(folder, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}');
    return fittedRuntime(folder, this.program, this.wrap);
  }

  protected async missing(): Promise<string | undefined> {
    return missingProgram('podman', 'conmon', 'runc');
  }

  /** The global flags with which a test can run podman itself against this storage. */
  get flags(): readonly string[] {
    const below = (name: string): string => this.scratch.below(name);
    this.runtime ??= this.configure();
    return [
      '--root', below('storage'), '--runroot', below('run'), '--tmpdir', below('tmp'), '--cgroup-manager=cgroupfs',
      '--storage-driver=overlay', '--events-backend=file', '--runtime', this.runtime,
    ]; // biome-ignore format: pairs belong together
  }

  private call(args: readonly string[]) {
    const env = {
      CONTAINERS_CONF: this.scratch.below('containers.conf'),
      CONTAINERS_STORAGE_CONF: this.scratch.below('storage.conf'),
    };
    return run(which('podman') ?? 'podman', [...this.flags, ...args], { env });
  }

  private async mustCall(args: readonly string[]): Promise<string> {
    const result = await this.call(args);
    if (result.code !== 0) throw new Error(`podman ${args[0]}: ${result.stderr.trim()}`);
    return result.stdout.trim();
  }

  private async image(name = 'tools'): Promise<string> {
    const load = async (): Promise<string> => {
      const policy = this.scratch.below('policy.json');
      if (name.includes('/')) {
        await this.mustCall(['pull', '--quiet', '--tls-verify=false', '--signature-policy', policy, name]);
        return name;
      }
      const image = await testImage(name);
      await this.mustCall(['load', '--quiet', '--signature-policy', policy, '--input', image.archive]);
      return image.reference;
    };
    const loading = this.loaded.get(name) ?? load();
    this.loaded.set(name, loading);
    return loading;
  }

  protected async startContainer(options: ContainerOptions & { name: string }): Promise<TestContainer> {
    const { name } = options;
    const id = await this.mustCall([
      'run', '--detach', '--name', name, '--network=none', '--pull=never', '--log-driver=k8s-file',
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
      await this.mustCall(['rm', '--force', '--time=0', '--volumes', id]);
      await removeCgroup(`libpod_parent/libpod-${id}`);
    };
    return {
      id,
      name,
      ...(pid > 0 ? { pid } : {}),
      exec: (args) => this.call(['exec', id, ...args]),
      wait: async () => Number(await this.mustCall(['wait', '--interval=50ms', id])),
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
    await this.scratch.remove();
    await removeCgroup('libpod_parent');
  }
}
