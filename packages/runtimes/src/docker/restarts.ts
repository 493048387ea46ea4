import { checkContainerId } from '../container-id.js';
import { RuntimesError } from '../error.js';
import { at, integer, text } from '../io/json.js';
import { UnixHttp, type UnixHttpOptions } from '../io/unix-http.js';

export interface DockerRestartPolicy {
  /** `no`, `always`, `unless-stopped`, `on-failure`. */
  readonly Name: string;
  readonly MaximumRetryCount?: number;
}

/** When an engine starts a container again by itself: asked, and changed. Podman's service before 5.0 only tells. */
export class DockerRestarts {
  readonly #http: UnixHttp;

  constructor(
    readonly endpoint: string,
    options: UnixHttpOptions = {},
  ) {
    this.#http = new UnixHttp(endpoint, options);
  }

  /**
   * undefined when it does not know the container.
   *
   * @throws RuntimesError when it cannot be asked
   */
  async get(id: string): Promise<DockerRestartPolicy | undefined> {
    const inspect = await this.#http.getJson(`/containers/${checkContainerId(id)}/json`);
    if (inspect === undefined || text(at(inspect, 'Id')) !== id) return undefined;
    const retries = integer(at(inspect, 'HostConfig', 'RestartPolicy', 'MaximumRetryCount'));
    const Name = text(at(inspect, 'HostConfig', 'RestartPolicy', 'Name')) || 'no';
    return { Name, ...(retries === undefined ? {} : { MaximumRetryCount: retries }) };
  }

  /** @throws RuntimesError when it cannot be asked, or cannot change it */
  async set(id: string, policy: DockerRestartPolicy): Promise<void> {
    const path = `/containers/${checkContainerId(id)}/update`;
    if (await this.#http.postJson(path, { RestartPolicy: policy })) return;
    throw new RuntimesError(
      'RUNTIME_REFUSED',
      `${this.endpoint} cannot change when a container is restarted`,
    );
  }

  close(): void {
    this.#http.close();
  }
}
