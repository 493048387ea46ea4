import { ContainerdDaemon } from './containerd-daemon.js';
import { unwrapped, type Wrap } from './fitted-runtime.js';
import { missingProgram, which } from './host.js';
import { poll, start } from './process.js';
import { BaseRuntime, type ContainerOptions, type TestContainer } from './runtime.js';
import { removeCgroup } from './scratch.js';

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const namespace = 'runward-test';

/** containerd without Kubernetes: `ctr run` in a namespace of its own, the CRI plug-in off. */
export class ContainerdNativeRuntime extends BaseRuntime {
  readonly name = 'containerd';
  private readonly daemon: ContainerdDaemon;

  constructor(wrap: Wrap = unwrapped) {
    super();
    this.daemon = new ContainerdDaemon({ namespace, cri: false, wrap });
  }

  get socket(): string {
    return this.daemon.socket;
  }

  protected async missing(): Promise<string | undefined> {
    return missingProgram('containerd', 'ctr', 'runc', 'script', 'unshare', 'ip');
  }

  protected async startContainer(options: ContainerOptions & { name: string }): Promise<TestContainer> {
    await this.daemon.started();
    const image = await this.daemon.image(options.image);
    const id = options.name;
    const direct = [which('ctr') ?? 'ctr', ...this.daemon.ctrArguments([
      'run', '--snapshotter', 'overlayfs', '--runc-binary', this.daemon.runtime,
      ...(options.privileged ? ['--privileged'] : []),
      ...(options.tty ? ['--tty'] : []),
      ...(options.hostPid ? ['--with-ns', `pid:/proc/${process.pid}/ns/pid`] : []),
      ...Object.entries(options.env ?? {}).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
      ...(options.mounts ?? []).flatMap((mount) => [
        '--mount',
        `type=bind,src=${mount.source},dst=${mount.target},options=rbind:${mount.readonly ? 'ro' : 'rw'}`]),
      image, id, ...options.args,
    ])]; // biome-ignore format: pairs belong together
    const argv = options.tty ? ['script', '-qefc', direct.map(quote).join(' '), '/dev/null'] : direct;
    const foreground = start(argv[0] ?? '', argv.slice(1));
    let isOver = false;
    void foreground.exit.then(() => {
      isOver = true;
    });
    const pid = await poll(async () => {
      const tasks = await this.daemon.ctr(['task', 'ls']);
      const [, found, status] =
        tasks.stdout.split('\n').map((line) => line.trim().split(/\s+/)).find((row) => row[0] === id) ?? [];
      if (status === 'RUNNING') return Number(found);
      return isOver || status === 'STOPPED' ? 0 : undefined;
    }, 20_000); // biome-ignore format: short
    let removed: Promise<void> | undefined;
    const remove = async (): Promise<void> => {
      // `ctr run` deletes what ended by itself only with --rm, which would race with these.
      await this.daemon.ctr(['task', 'kill', '--signal', 'SIGKILL', id]);
      await foreground.exit;
      await this.daemon.ctr(['task', 'rm', '--force', id]);
      await this.daemon.mustCtr(['container', 'rm', id]);
      await removeCgroup(`${namespace}/${id}`);
    };
    let execs = 0;
    return {
      id,
      name: id,
      ...(pid ? { pid } : {}),
      exec: (args) => this.daemon.ctr(['task', 'exec', '--exec-id', `exec-${++execs}`, id, ...args]),
      wait: async () => (await foreground.exit).code,
      output: async () => ({ stdout: foreground.stdout(), stderr: foreground.stderr() }),
      remove: () => {
        removed ??= remove();
        return removed;
      },
    };
  }

  protected async shutDown(): Promise<void> {
    await this.daemon.close();
    await removeCgroup(namespace);
  }
}
