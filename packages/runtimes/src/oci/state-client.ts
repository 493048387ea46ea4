import { join } from 'node:path';
import type { ContainerInfo } from '@runward/events';
import { checkContainerId, isContainerId } from '../container-id.js';
import { messageOf } from '../error.js';
import { listFolder, readBoundedFile } from '../io/bounded-file.js';
import { at, integer, parseJson, text } from '../io/json.js';
import { parseTimestampNs } from '../io/time.js';
import type { RuntimeClient, RuntimeStatus } from '../runtime-client.js';
import { containerOfSpec, readBundleSpec } from './bundle.js';
import { bundleOfRuncState, specOfRuncState } from './runc-state.js';

/**
 * Plain runc and crun, from the folder they keep their state in. A folder may hold containers of both: runc
 * writes `ID/state.json`, crun `ID/status` and a copy of the specification as `ID/config.json`.
 */
export class OciStateClient implements RuntimeClient {
  constructor(
    readonly runtime: 'runc' | 'crun',
    readonly endpoint: string,
  ) {}

  async lookup(id: string): Promise<ContainerInfo | undefined> {
    const folder = join(this.endpoint, checkContainerId(id));
    return (await readRunc(folder, id)) ?? (await readCrun(folder, id));
  }

  async list(): Promise<readonly ContainerInfo[]> {
    const found: ContainerInfo[] = [];
    for (const id of await listFolder(this.endpoint)) {
      if (!isContainerId(id)) continue;
      // One damaged state must not hide the containers beside it.
      const container = await this.lookup(id).catch(() => undefined);
      if (container !== undefined && (await this.isRunning(id))) found.push(container);
    }
    return found;
  }

  async status(): Promise<RuntimeStatus> {
    const base = { runtime: this.runtime, endpoint: this.endpoint, version: '' };
    try {
      await this.list();
      return { ...base, ok: true, problem: '' };
    } catch (problem) {
      return { ...base, ok: false, problem: messageOf(problem) };
    }
  }

  close(): void {}

  /** The first process is alive and not a zombie. Its number may have been reused: good enough for a listing. */
  private async isRunning(id: string): Promise<boolean> {
    const folder = join(this.endpoint, id);
    const runc = await readJson(join(folder, 'state.json'));
    const pid =
      integer(at(runc, 'init_process_pid')) ?? integer(at(await readJson(join(folder, 'status')), 'pid'));
    if (pid === undefined || pid <= 0) return false;
    const stat = await readBoundedFile(`/proc/${pid}/stat`, 4096).catch(() => undefined);
    const state = stat?.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    return state !== undefined && state !== 'Z' && state !== 'X';
  }
}

async function readJson(path: string): Promise<unknown> {
  const content = await readBoundedFile(path);
  return content === undefined ? undefined : parseJson(content, path);
}

async function readRunc(folder: string, id: string): Promise<ContainerInfo | undefined> {
  const state = await readJson(join(folder, 'state.json'));
  if (at(state, 'id') !== id) return undefined;
  const bundle = bundleOfRuncState(state);
  const spec = (await readBundleSpec(bundle).catch(() => undefined)) ?? specOfRuncState(state);
  const container = await containerOfSpec(id, 'runc', spec, bundle === '' ? undefined : bundle);
  return { ...container, createdAtNs: parseTimestampNs(at(state, 'created')) };
}

async function readCrun(folder: string, id: string): Promise<ContainerInfo | undefined> {
  const status = await readJson(join(folder, 'status'));
  if (status === undefined) return undefined;
  const bundle = text(at(status, 'bundle'));
  const spec = (await readJson(join(folder, 'config.json'))) ?? (await readBundleSpec(bundle));
  const container = await containerOfSpec(id, 'crun', spec, bundle === '' ? undefined : bundle);
  return { ...container, createdAtNs: parseTimestampNs(at(status, 'created')) };
}
