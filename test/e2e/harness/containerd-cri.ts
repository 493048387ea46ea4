import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContainerdDaemon, type DaemonOptions } from './containerd-daemon.js';
import { CriClient } from './cri.js';
import { unwrapped, type Wrap } from './fitted-runtime.js';
import { missingProgram } from './host.js';
import { poll } from './process.js';
import type { Message } from './protobuf.js';
import { BaseRuntime, type ContainerOptions, type TestContainer } from './runtime.js';
import { removeCgroup } from './scratch.js';

const namespaceMode = { pod: 0, node: 2 } as const;
const containerExited = 2;
const cgroupParent = '/runward-pods';

/** A pod of one container, made through containerd's CRI as a kubelet would. */
export class ContainerdCriRuntime extends BaseRuntime {
  readonly name = 'containerd-cri';
  readonly daemon: ContainerdDaemon;
  private readonly cri = new CriClient(() => this.daemon.socket);

  constructor(wrap: Wrap = unwrapped, options: Pick<DaemonOptions, 'programs' | 'nri'> = {}) {
    super();
    this.daemon = new ContainerdDaemon({ namespace: 'k8s.io', cri: true, wrap, ...options });
  }

  get socket(): string {
    return this.daemon.socket;
  }

  protected async missing(): Promise<string | undefined> {
    return missingProgram('containerd', 'ctr', 'runc', 'unshare', 'ip');
  }

  private sandboxConfig(options: ContainerOptions & { name: string }, logs: string): Message {
    const uid = options.name;
    const labels = {
      'io.kubernetes.pod.name': uid,
      'io.kubernetes.pod.namespace': 'tests',
      'io.kubernetes.pod.uid': uid,
    };
    return {
      1: { 1: uid, 2: uid, 3: 'tests' },
      2: uid.slice(0, 63),
      3: logs,
      6: Object.entries({ ...labels, app: 'runward-test' }).map(([key, value]) => ({ 1: key, 2: value })),
      8: {
        1: `${cgroupParent}/pod${uid}`,
        2: { 1: { 2: options.hostPid ? namespaceMode.node : namespaceMode.pod }, 6: options.privileged },
      },
    };
  }

  private containerConfig(options: ContainerOptions & { name: string }, image: string): Message {
    const [command, ...args] = options.args;
    const labels = {
      'io.kubernetes.container.name': 'main',
      'io.kubernetes.pod.name': options.name,
      'io.kubernetes.pod.namespace': 'tests',
      'io.kubernetes.pod.uid': options.name,
    };
    return {
      1: { 1: 'main' },
      2: { 1: image },
      3: command === undefined ? [] : [command],
      4: args,
      6: Object.entries(options.env ?? {}).map(([key, value]) => ({ 1: key, 2: value })),
      7: (options.mounts ?? []).map((mount) => ({
        1: mount.target,
        2: mount.source,
        3: mount.readonly ?? false,
      })),
      9: Object.entries(labels).map(([key, value]) => ({ 1: key, 2: value })),
      11: 'main.log',
      14: options.tty,
      15: {
        2: { 2: options.privileged, 3: { 2: options.hostPid ? namespaceMode.node : namespaceMode.pod } },
      },
    };
  }

  private async pidOf(id: string): Promise<number> {
    const status = await this.cri.call('ContainerStatus', { 1: id, 2: true });
    const info = status.messages(2).find((entry) => entry.text(1) === 'info');
    return Number(/"pid":\s*(\d+)/.exec(info?.text(2) ?? '')?.[1] ?? 0);
  }

  protected async startContainer(options: ContainerOptions & { name: string }): Promise<TestContainer> {
    await this.daemon.started();
    const image = await this.daemon.image(options.image);
    const logs = this.daemon.scratch.below('logs', options.name);
    mkdirSync(logs, { recursive: true });
    const sandbox = this.sandboxConfig(options, logs);
    const podId = (await this.cri.call('RunPodSandbox', { 1: sandbox })).text(1);
    let removed: Promise<void> | undefined;
    const remove = async (): Promise<void> => {
      await this.cri.call('StopPodSandbox', { 1: podId });
      await this.cri.call('RemovePodSandbox', { 1: podId });
      await removeCgroup(`${cgroupParent}/pod${options.name}`);
    };
    try {
      const config = this.containerConfig(options, image);
      const id = (await this.cri.call('CreateContainer', { 1: podId, 2: config, 3: sandbox })).text(1);
      await this.cri.call('StartContainer', { 1: id });
      const pid = await this.pidOf(id);
      return {
        id,
        name: options.name,
        ...(pid > 0 ? { pid } : {}),
        exec: async (args) => {
          const result = await this.cri.call('ExecSync', { 1: id, 2: args, 3: 30 });
          return { code: result.number(3), stdout: result.text(1), stderr: result.text(2) };
        },
        wait: () => this.exitOf(id),
        output: async () => readCriLog(join(logs, 'main.log')),
        remove: () => {
          removed ??= remove();
          return removed;
        },
      };
    } catch (error) {
      await remove();
      throw error;
    }
  }

  private async exitOf(id: string): Promise<number> {
    const code = await poll(async () => {
      const status = (await this.cri.call('ContainerStatus', { 1: id })).message(1);
      return status.number(3) === containerExited ? status.number(7) : undefined;
    }, 120_000, 50); // biome-ignore format: short
    if (code === undefined) throw new Error(`container ${id} did not end in two minutes`);
    return code;
  }

  protected async shutDown(): Promise<void> {
    this.cri.close();
    await this.daemon.close();
    await removeCgroup(cgroupParent);
  }
}

/** `time stream flag text` per line; flag P says that the line goes on. */
function readCriLog(file: string): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, stream, flag, text = ''] = /^\S+ (stdout|stderr) ([PF]) ?(.*)$/s.exec(line) ?? [];
    if (stream === 'stdout' || stream === 'stderr') output[stream] += flag === 'P' ? text : `${text}\n`;
  }
  return output;
}
