import type { ContainerInfo } from '@runward/events';
import { checkContainerId } from '../container-id.js';
import { messageOf } from '../error.js';
import { UnixGrpc, type UnixGrpcOptions } from '../grpc/unix-grpc.js';
import { collect } from '../io/concurrency.js';
import { at, list, parseJson, text } from '../io/json.js';
import { LIMITS } from '../limits.js';
import type { RuntimeClient, RuntimeStatus } from '../runtime-client.js';
import { CONTAINER_RUNNING, CRI } from './schema.js';
import { containerOfSandbox, containerOfStatus } from './status.js';

const SERVICE = 'runtime.v1.RuntimeService';

/** containerd or CRI-O through the Container Runtime Interface, as the kubelet asks them. */
export class CriClient implements RuntimeClient {
  private readonly grpc: UnixGrpc;

  constructor(
    readonly runtime: 'containerd' | 'cri-o',
    readonly endpoint: string,
    options: UnixGrpcOptions = {},
  ) {
    this.grpc = new UnixGrpc(endpoint, [CRI], options);
  }

  async lookup(id: string, signal?: AbortSignal): Promise<ContainerInfo | undefined> {
    const request = { container_id: checkContainerId(id), verbose: true };
    const answer = await this.grpc.call(`${SERVICE}/ContainerStatus`, request, { signal });
    if (answer === undefined) return this.lookupSandbox(id, signal);
    const status = at(answer, 'status');
    // Shortened ids resolve too; only the very container asked for is an answer.
    if (text(at(status, 'id')) !== id) return undefined;
    const info = infoOf(answer);
    const [sandbox, image] = await Promise.all([
      this.sandbox(text(at(info, 'sandboxID')), signal).catch(() => undefined),
      this.image(text(at(status, 'image_ref')), signal).catch(() => undefined),
    ]);
    return containerOfStatus(this.runtime, {
      ...{ status, info, image },
      sandbox: at(sandbox, 'status'),
      sandboxInfo: infoOf(sandbox),
    });
  }

  async list(signal?: AbortSignal): Promise<readonly ContainerInfo[]> {
    const request = { filter: { state: { state: CONTAINER_RUNNING } } };
    const answer = await this.grpc.call(`${SERVICE}/ListContainers`, request, { signal });
    const ids = list(at(answer, 'containers')).map((container) => text(at(container, 'id')));
    return collect(ids.slice(0, LIMITS.listed), LIMITS.concurrency, (id) => this.lookup(id, signal));
  }

  async status(signal?: AbortSignal): Promise<RuntimeStatus> {
    const base = { runtime: this.runtime, endpoint: this.endpoint };
    try {
      const answer = await this.grpc.call(`${SERVICE}/Version`, {}, { signal });
      if (answer === undefined) return { ...base, version: '', ok: false, problem: 'does not serve CRI' };
      return { ...base, version: text(at(answer, 'runtime_version')), ok: true, problem: '' };
    } catch (problem) {
      return { ...base, version: '', ok: false, problem: messageOf(problem) };
    }
  }

  close(): void {
    this.grpc.close();
  }

  private async lookupSandbox(id: string, signal?: AbortSignal): Promise<ContainerInfo | undefined> {
    const answer = await this.sandbox(id, signal);
    const status = at(answer, 'status');
    return text(at(status, 'id')) === id
      ? containerOfSandbox(this.runtime, status, infoOf(answer))
      : undefined;
  }

  private async sandbox(id: string, signal?: AbortSignal): Promise<unknown> {
    if (id === '') return undefined;
    const request = { pod_sandbox_id: id, verbose: true };
    return this.grpc.call(`${SERVICE}/PodSandboxStatus`, request, { signal });
  }

  private async image(reference: string, signal?: AbortSignal): Promise<unknown> {
    if (reference === '') return undefined;
    const request = { image: { image: reference } };
    return at(await this.grpc.call('runtime.v1.ImageService/ImageStatus', request, { signal }), 'image');
  }
}

/** The verbose part; what is not JSON is left out, since the plain part is complete without it. */
function infoOf(answer: unknown): unknown {
  const verbose = text(at(answer, 'info', 'info'));
  try {
    return verbose === '' ? undefined : parseJson(verbose, 'verbose information');
  } catch {
    return undefined;
  }
}
