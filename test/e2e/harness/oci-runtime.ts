import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrapped, type Wrap } from './fitted-runtime.js';
import { missingProgram, which } from './host.js';
import { testImage } from './images.js';
import { makeBundle } from './oci-bundle.js';
import { must, poll, run, start } from './process.js';
import { BaseRuntime, type ContainerOptions, type TestContainer } from './runtime.js';
import { cgroupMounts, removeCgroup, removeTree, Scratch } from './scratch.js';

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** runc or crun without a daemon: one bundle per container, the runtime stays in the foreground. */
export class OciRuntime extends BaseRuntime {
  private readonly scratch: Scratch;

  constructor(
    readonly name: 'runc' | 'crun',
    private readonly wrap: Wrap = unwrapped,
  ) {
    super();
    this.scratch = new Scratch(name);
  }

  protected async missing(): Promise<string | undefined> {
    return missingProgram(this.name, 'script', 'unshare');
  }

  /**
   * crun refuses a hybrid host whose v2 tree has controllers. In a mount namespace where /sys/fs/cgroup is the v2
   * tree alone it sees a pure v2 host, and its containers get a v2 cgroup as runc's do.
   */
  private command(args: readonly string[]): string[] {
    const program = this.wrap(which(this.name) ?? this.name, this.scratch.path);
    const full = [program, '--root', this.scratch.below('state'), ...args];
    const isHybrid = cgroupMounts().some((mount) => mount !== '/sys/fs/cgroup');
    if (this.name === 'runc' || !isHybrid) return full;
    const prepare = 'umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"';
    return ['unshare', '--mount', 'sh', '-c', prepare, 'sh', ...full];
  }

  private call(args: readonly string[]) {
    const [program = '', ...rest] = this.command(args);
    return run(program, rest);
  }

  protected async startContainer(options: ContainerOptions & { name: string }): Promise<TestContainer> {
    const { name } = options;
    const isPulled = options.image?.includes('/') === true;
    const image = await testImage(isPulled ? 'tools' : options.image);
    const bundle = this.scratch.below(name);
    const pidFile = join(bundle, 'pid');
    await makeBundle(bundle, image.rootfs, options, `/${name}`);
    const direct = this.command(['run', '--bundle', bundle, '--pid-file', pidFile, name]);
    // The runtime copies the terminal it stands on; script(1) is that terminal.
    const argv = options.tty ? ['script', '-qefc', direct.map(quote).join(' '), '/dev/null'] : direct;
    const foreground = start(argv[0] ?? '', argv.slice(1));
    let isOver = false;
    void foreground.exit.then(() => {
      isOver = true;
    });
    const pid = await poll(() => {
      if (existsSync(pidFile)) return Number(readFileSync(pidFile, 'utf8')) || undefined;
      return isOver ? 0 : undefined;
    }, 60_000, 5); // biome-ignore format: short
    let removed: Promise<void> | undefined;
    const remove = async (): Promise<void> => {
      if (!isOver) {
        await this.call(['delete', '--force', name]);
        await foreground.exit;
      }
      await must('umount', ['-l', join(bundle, 'rootfs')]);
      await removeTree(bundle);
      await removeCgroup(name);
    };
    return {
      id: name,
      name,
      ...(pid ? { pid } : {}),
      exec: (args) => this.call(['exec', name, ...args]),
      wait: async () => (await foreground.exit).code,
      output: async () => ({ stdout: foreground.stdout(), stderr: foreground.stderr() }),
      remove: () => {
        removed ??= remove();
        return removed;
      },
    };
  }

  protected shutDown(): Promise<void> {
    return this.scratch.remove();
  }
}
