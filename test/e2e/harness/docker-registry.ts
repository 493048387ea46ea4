import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestRepository } from '@runward/trust/testing';
import { freePort } from './free-port.js';
import { type Collected, poll, startTied, stop } from './process.js';

/** Debian's registry on loopback, in a folder of its own. */
export class DockerRegistry {
  private constructor(
    private readonly process: Collected,
    /** `127.0.0.1:PORT` */
    readonly host: string,
    /** Where its blobs are: `docker/registry/v2/blobs/sha256/ab/ab…/data`. */
    readonly storage: string,
  ) {}

  static async start(folder: string): Promise<DockerRegistry> {
    const host = `127.0.0.1:${await freePort()}`;
    const storage = join(folder, 'registry');
    mkdirSync(storage, { recursive: true });
    const config = join(folder, 'registry.yml');
    const settings = {
      version: '0.1',
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
      http: { addr: host },
    };
    writeFileSync(config, JSON.stringify(settings));
    const process = startTied('docker-registry', ['serve', config]);
    const answers = async () => (await fetch(`http://${host}/v2/`).catch(() => undefined))?.ok || undefined;
    if ((await poll(answers, 30_000)) === undefined) {
      throw new Error(`docker-registry does not answer: ${process.stderr()}`);
    }
    return new DockerRegistry(process, host, storage);
  }

  blobFile(digest: string): string {
    const hex = digest.slice('sha256:'.length);
    return join(this.storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
  }

  /** Puts all of a repository there: images before what hangs on them, tags last. */
  async push(repository: TestRepository, name: string): Promise<void> {
    const base = `http://${this.host}/v2/${name}`;
    for (const [digest, bytes] of repository.blobs) {
      if (repository.manifests.has(digest)) continue;
      const begun = await ok(fetch(`${base}/blobs/uploads/`, { method: 'POST' }));
      const place = new URL(begun.headers.get('location') ?? '', base);
      place.searchParams.set('digest', digest);
      const headers = { 'content-type': 'application/octet-stream' };
      await ok(fetch(place, { method: 'PUT', body: new Uint8Array(bytes), headers }));
    }
    for (const [digest, type] of repository.manifests)
      await this.pushManifest(repository, name, digest, type);
    for (const [tag, digest] of repository.tags) {
      await this.pushManifest(repository, name, tag, repository.manifests.get(digest) ?? '');
    }
  }

  private async pushManifest(
    repository: TestRepository,
    name: string,
    as: string,
    type: string,
  ): Promise<void> {
    const bytes = repository.blobs.get(repository.tags.get(as) ?? as) ?? Buffer.alloc(0);
    const headers = { 'content-type': type };
    const body = new Uint8Array(bytes);
    await ok(fetch(`http://${this.host}/v2/${name}/manifests/${as}`, { method: 'PUT', body, headers }));
  }

  async stop(): Promise<void> {
    await stop(this.process);
  }
}

async function ok(answer: Promise<Response>): Promise<Response> {
  const response = await answer;
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
  return response;
}
