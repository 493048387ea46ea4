import type { ContainerInfo } from '@runward/events';
import { checkContainerId } from '../container-id.js';
import { messageOf, RuntimesError } from '../error.js';
import { collect } from '../io/concurrency.js';
import { at, isRecord, list, text } from '../io/json.js';
import { UnixHttp, type UnixHttpOptions } from '../io/unix-http.js';
import { LIMITS } from '../limits.js';
import type { RuntimeClient, RuntimeStatus } from '../runtime-client.js';
import { containerOfInspect } from './inspect.js';

const IMAGES_KEPT = 256;
const IMAGE_ID = /^(?:sha256:)?[0-9a-f]{64}$/;

/** Docker Engine, or Podman's service, which answers the same requests. */
export class DockerClient implements RuntimeClient {
  private readonly http: UnixHttp;
  /** By image id. An image never changes under its id; only its names do. */
  private readonly images = new Map<string, unknown>();

  constructor(
    readonly runtime: 'docker' | 'podman',
    readonly endpoint: string,
    options: UnixHttpOptions = {},
  ) {
    this.http = new UnixHttp(endpoint, options);
  }

  async lookup(id: string, signal?: AbortSignal): Promise<ContainerInfo | undefined> {
    const inspect = await this.http.getJson(`/containers/${checkContainerId(id)}/json`, signal);
    if (inspect === undefined) return undefined;
    if (!isRecord(inspect) || text(at(inspect, 'Id')) === '') throw this.malformed('a container');
    // The engine also resolves names and shortened ids; only the very container asked for is an answer.
    if (text(at(inspect, 'Id')) !== id) return undefined;
    const image = await this.image(text(at(inspect, 'Image')), signal).catch(() => undefined);
    return containerOfInspect(this.runtime, inspect, image);
  }

  async list(signal?: AbortSignal): Promise<readonly ContainerInfo[]> {
    const answer = await this.http.getJson('/containers/json', signal);
    if (!Array.isArray(answer)) throw this.malformed('a list of containers');
    const ids = list(answer).map((item) => text(at(item, 'Id')));
    return collect(ids.slice(0, LIMITS.listed), LIMITS.concurrency, (id) => this.lookup(id, signal));
  }

  async status(signal?: AbortSignal): Promise<RuntimeStatus> {
    const base = { runtime: this.runtime, endpoint: this.endpoint };
    try {
      const answer = await this.http.getJson('/version', signal);
      if (!isRecord(answer)) throw this.malformed('a version');
      return { ...base, version: text(at(answer, 'Version')), ok: true, problem: '' };
    } catch (problem) {
      return { ...base, version: '', ok: false, problem: messageOf(problem) };
    }
  }

  close(): void {
    this.http.close();
  }

  private async image(id: string, signal?: AbortSignal): Promise<unknown> {
    if (!IMAGE_ID.test(id)) return undefined;
    if (this.images.has(id)) return this.images.get(id);
    const image = await this.http.getJson(`/images/${id}/json`, signal);
    if (image === undefined) return undefined;
    const oldest = this.images.keys().next();
    if (this.images.size >= IMAGES_KEPT && !oldest.done) this.images.delete(oldest.value);
    this.images.set(id, image);
    return image;
  }

  private malformed(what: string): RuntimesError {
    return new RuntimesError('RUNTIME_ANSWER_MALFORMED', `${this.endpoint} did not answer with ${what}`);
  }
}
