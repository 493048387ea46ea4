import { dirname, join } from 'node:path';
import type { ContainerInfo } from '@runward/events';
import { checkContainerId } from '../container-id.js';
import { messageOf } from '../error.js';
import { splitDockerReference } from '../image/image-reference.js';
import { listFolder, readBoundedFile } from '../io/bounded-file.js';
import { collect } from '../io/concurrency.js';
import { at, list, parseJson, text, textMap, texts } from '../io/json.js';
import { readJsonFile } from '../io/json-file.js';
import { parseTimestampNs } from '../io/time.js';
import { LIMITS } from '../limits.js';
import { containerOfSpec } from '../oci/bundle.js';
import type { RuntimeClient, RuntimeStatus } from '../runtime-client.js';

/** `overlay-containers`, `vfs-containers`: one folder per storage driver that was ever used. */
const DRIVER_FOLDER = /^([a-z0-9]+)-containers$/;
const PRIVILEGED = 'io.podman.annotations.privileged';
const IMAGE_ID = /^[0-9a-f]{64}$/;

/**
 * Podman without its service, which usually does not run: from the storage root it shares with its tools. What
 * only its database holds is missing here: the address, and labels given to the container rather than the image.
 */
export class PodmanStorageClient implements RuntimeClient {
  readonly runtime = 'podman';
  readonly isFallback = true;

  constructor(readonly endpoint: string) {}

  async lookup(id: string): Promise<ContainerInfo | undefined> {
    checkContainerId(id);
    for (const driver of await this.drivers()) {
      const specPath = join(this.endpoint, `${driver}-containers`, id, 'userdata', 'config.json');
      const spec = await readJsonFile(specPath);
      if (spec !== undefined) return this.assemble(id, driver, spec);
    }
    return undefined;
  }

  async list(): Promise<readonly ContainerInfo[]> {
    const found: ContainerInfo[] = [];
    for (const driver of await this.drivers()) {
      const ids = (await this.records(driver, 'containers')).map((entry) => text(at(entry, 'id')));
      const running = await collect(ids.slice(0, LIMITS.listed), LIMITS.concurrency, async (id) => {
        const specPath = join(
          this.endpoint,
          `${driver}-containers`,
          checkContainerId(id),
          'userdata',
          'config.json',
        );
        const spec = await readJsonFile(specPath);
        return spec !== undefined && (await isRunning(spec)) ? this.assemble(id, driver, spec) : undefined;
      });
      found.push(...running);
    }
    return found;
  }

  async status(): Promise<RuntimeStatus> {
    const base = { runtime: this.runtime, endpoint: this.endpoint, version: '' } as const;
    try {
      for (const driver of await this.drivers()) await this.records(driver, 'containers');
      return { ...base, ok: true, problem: '' };
    } catch (problem) {
      return { ...base, ok: false, problem: messageOf(problem) };
    }
  }

  close(): void {}

  private async drivers(): Promise<readonly string[]> {
    const folders = await listFolder(this.endpoint);
    return folders.flatMap((folder) => DRIVER_FOLDER.exec(folder)?.[1] ?? []);
  }

  private async records(driver: string, kind: 'containers' | 'images'): Promise<readonly unknown[]> {
    return list(await readJsonFile(join(this.endpoint, `${driver}-${kind}`, `${kind}.json`)));
  }

  private async assemble(id: string, driver: string, spec: unknown): Promise<ContainerInfo> {
    const container = await containerOfSpec(id, 'podman', spec, undefined);
    const entry = (await this.records(driver, 'containers')).find((each) => at(each, 'id') === id);
    const metadataText = text(at(entry, 'metadata'));
    const metadata = metadataText === '' ? undefined : parseJson(metadataText, `metadata of container ${id}`);
    const imageId = text(at(entry, 'image'));
    const image = (await this.records(driver, 'images')).find((each) => at(each, 'id') === imageId);
    const given = text(at(metadata, 'image-name'));
    const reference = given === '' || IMAGE_ID.test(given) ? (texts(at(image, 'names'))[0] ?? given) : given;
    const parts = splitDockerReference(reference);
    const privileged = container.labels.get(PRIVILEGED);
    return {
      ...container,
      name: texts(at(entry, 'names'))[0] ?? id,
      // Podman's own files (hosts, hostname, shm) are binds as well; nobody asked for those.
      mounts: container.mounts.filter((mount) => !mount.source.includes(`-containers/${id}/userdata/`)),
      image: reference,
      imageRepository: parts.repository,
      imageTag: parts.tag,
      imageDigest: parts.digest === '' ? text(at(image, 'digest')) : parts.digest,
      imageId: IMAGE_ID.test(imageId) ? `sha256:${imageId}` : '',
      labels: await this.imageLabels(driver, imageId),
      privileged: privileged === undefined ? container.privileged : privileged === 'TRUE',
      createdAtNs: parseTimestampNs(at(entry, 'created')),
    };
  }

  /** Image configurations lie under their digest, encoded because it has a colon. */
  private async imageLabels(driver: string, imageId: string): Promise<ReadonlyMap<string, string>> {
    if (!IMAGE_ID.test(imageId)) return new Map();
    const file = `=${Buffer.from(`sha256:${imageId}`).toString('base64')}`;
    const path = join(this.endpoint, `${driver}-images`, imageId, file);
    // Labels are a part, not the whole: an unreadable image configuration must not hide the container.
    return textMap(at(await readJsonFile(path).catch(() => undefined), 'config', 'Labels'));
  }
}

/**
 * The pid file of a running container is in its volatile folder, which the specification gives away: the mark
 * `/run/.containerenv` is bound from there.
 */
async function isRunning(spec: unknown): Promise<boolean> {
  const mark = list(at(spec, 'mounts')).find((mount) => at(mount, 'destination') === '/run/.containerenv');
  const source = text(at(mark, 'source'));
  if (!source.startsWith('/')) return false;
  const pid = await readBoundedFile(join(dirname(source), 'pidfile'), 64).catch(() => undefined);
  if (pid === undefined || !/^\d{1,10}\s*$/.test(pid)) return false;
  return (await readBoundedFile(`/proc/${pid.trim()}/stat`, 4096).catch(() => undefined)) !== undefined;
}
