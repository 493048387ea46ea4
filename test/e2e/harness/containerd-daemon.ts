import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fittedRuntime, unwrapped, type Wrap } from './fitted-runtime.js';
import { which } from './host.js';
import { testImage } from './images.js';
import { type Collected, type CommandResult, poll, run, startTied, stop } from './process.js';
import { Scratch } from './scratch.js';

const pauseReference = 'docker.io/runward.test/pause:1';

export interface DaemonOptions {
  readonly namespace: string;
  readonly cri: boolean;
  readonly wrap?: Wrap;
  /** Folder of containerd, ctr and the shim, where they are not the machine's. */
  readonly programs?: string;
  /** Plug-ins may connect to `nriSocket`. */
  readonly nri?: boolean;
}

/** A containerd of its own in a network namespace of its own, so that its CNI bridge is not the host's. */
export class ContainerdDaemon {
  readonly scratch = new Scratch('ctrd');
  private fitted: string | undefined;
  private daemon: Promise<Collected> | undefined;
  private readonly loaded = new Map<string, Promise<string>>();

  constructor(private readonly options: DaemonOptions) {}

  /** Of this daemon; where it has NRI. */
  get nriSocket(): string {
    return this.scratch.below('nri.sock');
  }

  private program(name: string): string {
    const { programs } = this.options;
    return programs === undefined ? (which(name) ?? name) : join(programs, name);
  }

  get socket(): string {
    return this.scratch.below('c.sock');
  }

  /** The OCI runtime's path. */
  get runtime(): string {
    this.fitted ??= fittedRuntime(this.scratch.path, 'runc', this.options.wrap ?? unwrapped);
    return this.fitted;
  }

  private config(): string {
    const below = (name: string): string => JSON.stringify(this.scratch.below(name));
    const runtime = JSON.stringify(this.runtime);
    return `version = 2
root = ${below('root')}
state = ${below('state')}
disabled_plugins = [${this.options.cri ? '' : '"io.containerd.grpc.v1.cri"'}]
[grpc]
address = ${JSON.stringify(this.socket)}
[plugins."io.containerd.internal.v1.opt"]
path = ${below('opt')}
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${pauseReference}"
restrict_oom_score_adj = true
disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = ${below('cni')}
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = ${runtime}
SystemdCgroup = false
${this.options.nri === true ? this.nriConfig() : ''}`;
  }

  private nriConfig(): string {
    const below = (name: string): string => JSON.stringify(this.scratch.below(name));
    return `[plugins."io.containerd.nri.v1.nri"]
disable = false
socket_path = ${JSON.stringify(this.nriSocket)}
plugin_path = ${below('nri-plugins')}
plugin_config_path = ${below('nri-conf')}
`;
  }

  private writeNetwork(): void {
    mkdirSync(this.scratch.below('cni'), { recursive: true });
    const network = {
      cniVersion: '0.4.0',
      name: 'runward-test',
      plugins: [
        {
          type: 'bridge',
          bridge: 'rwtest0',
          isGateway: true,
          ipMasq: false,
          ipam: {
            type: 'host-local',
            dataDir: this.scratch.below('ipam'),
            ranges: [[{ subnet: '192.0.2.0/24' }]],
          },
        },
      ],
    };
    writeFileSync(this.scratch.below('cni/10-test.conflist'), JSON.stringify(network));
  }

  private async launch(): Promise<Collected> {
    writeFileSync(this.scratch.below('config.toml'), this.config());
    this.writeNetwork();
    const command = ['--net', 'sh', '-c', 'ip link set lo up; exec "$@"', 'sh', this.program('containerd')];
    const { programs } = this.options;
    // The daemon looks for its shim in the PATH.
    const env = programs === undefined ? {} : { env: { PATH: `${programs}:${process.env.PATH ?? ''}` } };
    const daemon = startTied('unshare', [...command, '--config', this.scratch.below('config.toml')], env);
    const ready = await poll(
      async () => {
        if (daemon.child.exitCode !== null) return false;
        return (await this.ctr(['version'])).code === 0 || undefined;
      },
      30_000,
      100,
    );
    if (!ready) {
      await stop(daemon);
      throw new Error(
        `containerd does not start: ${daemon.stderr().trim().split('\n').slice(-3).join(' | ')}`,
      );
    }
    return daemon;
  }

  async started(): Promise<void> {
    this.daemon ??= this.launch();
    await this.daemon;
    if (this.options.cri) await this.image('pause');
  }

  /** Of a command that is to run in the daemon's network, which has the bridge of its pods. */
  async inNetwork(command: string, args: readonly string[]): Promise<readonly [string, readonly string[]]> {
    await this.started();
    const pid = (await this.daemon)?.child.pid;
    return ['nsenter', [`--net=/proc/${pid}/ns/net`, command, ...args]];
  }

  ctr(args: readonly string[]): Promise<CommandResult> {
    return run(this.program('ctr'), this.ctrArguments(args));
  }

  ctrArguments(args: readonly string[]): string[] {
    return ['--address', this.socket, '--namespace', this.options.namespace, ...args];
  }

  async mustCtr(args: readonly string[]): Promise<string> {
    const result = await this.ctr(args);
    if (result.code !== 0) throw new Error(`ctr ${args.join(' ')}: ${result.stderr.trim()}`);
    return result.stdout;
  }

  /** Imports a test image once; its reference. */
  image(name = 'tools'): Promise<string> {
    const load = async (): Promise<string> => {
      if (name.includes('/')) {
        await this.mustCtr(['image', 'pull', '--plain-http', '--snapshotter', 'overlayfs', name]);
        return name;
      }
      const image = await testImage(name);
      await this.mustCtr(['image', 'import', '--snapshotter', 'overlayfs', image.archive]);
      return image.reference;
    };
    const loading = this.loaded.get(name) ?? load();
    this.loaded.set(name, loading);
    return loading;
  }

  /** Ends the daemon and starts it again; its containers run on. */
  async restart(): Promise<void> {
    const daemon = await this.daemon;
    if (daemon !== undefined) await stop(daemon, 15_000);
    this.daemon = this.launch();
    await this.daemon;
  }

  async close(): Promise<void> {
    const daemon = await this.daemon?.catch(() => undefined);
    if (daemon !== undefined) await stop(daemon, 15_000);
    await this.scratch.remove();
  }
}
