import { copyFile, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ContainerInfo } from '@runward/events';
import { CaptureFolder, type ManifestEntry } from './capture-folder.js';
import { captureExecutables } from './executables.js';
import { layerChanges, mountsOf, upperLayerOf } from './layers.js';
import { CAPTURE_LIMITS as LIMITS } from './limits.js';
import { dumpMemory, parseMaps } from './memory-dump.js';
import { textOf } from './proc-text.js';
import { type CapturedProcess, captureProcess } from './process-facts.js';
import { type CapturedSockets, captureSockets } from './socket-tables.js';

export interface CaptureSources {
  /** Processes of the container, any order. */
  readonly pids: () => readonly number[];
  /** Who talks to whom, and the names that were looked up; undefined where flows are not counted. */
  readonly network: () => Promise<unknown>;
  readonly isolation: () => unknown;
  /** The folder of the flight recorder, if it is on. */
  readonly recordings: string | undefined;
}

export interface CaptureRequest {
  readonly container: ContainerInfo;
  readonly cgroups: readonly number[];
  /** Where the capture comes to lie; must not exist. */
  readonly folder: string;
  readonly why: string;
  readonly who: unknown;
  /** Processes whose memory is wanted, by their number on the host. */
  readonly memory: readonly number[];
  /** Of all of them together. */
  readonly memoryBytes: number;
}

export interface CaptureReport {
  readonly folder: string;
  readonly container: { readonly id: string; readonly name: string };
  readonly at: string;
  readonly tookMs: number;
  readonly processes: number;
  /** Of what runs: not in the image, or changed since. */
  readonly foreign: readonly { readonly path: string; readonly sha256: string; readonly origin: string }[];
  readonly changes: number;
  readonly files: readonly ManifestEntry[];
  /** What could not be had, and why. */
  readonly problems: readonly string[];
}

/**
 * Keeps what is seen of a container from outside: everything is read, nothing in it runs or is changed. What changes first
 * comes first: processes, then sockets, then files. A process that ends meanwhile is what was read of it until then.
 */
export async function captureContainer(
  request: CaptureRequest,
  sources: CaptureSources,
): Promise<CaptureReport> {
  const at = new Date().toISOString();
  const startedMs = performance.now();
  const folder = await CaptureFolder.make(request.folder);
  try {
    const taken = await takeAll(folder, request, sources);
    const tookMs = Math.round(performance.now() - startedMs);
    const { id, name } = request.container;
    const head = {
      format: 'runward-capture-1',
      at,
      tookMs,
      container: { id, name },
      why: request.why,
      who: request.who,
    };
    const files = await folder.finish({ ...head, problems: taken.problems });
    return { folder: folder.path, container: { id, name }, at, tookMs, ...taken, files };
  } catch (error) {
    await folder.discard();
    throw error;
  }
}

type Taken = Pick<CaptureReport, 'processes' | 'foreign' | 'changes' | 'problems'>;

async function takeAll(
  folder: CaptureFolder,
  request: CaptureRequest,
  sources: CaptureSources,
): Promise<Taken> {
  const problems: string[] = [];
  const processes = await processesOf(sources.pids(), problems);
  await folder.json('processes.json', processes);
  await folder.json('sockets.json', await socketsOf(processes));
  await folder.json('maps.json', await mapsOf(processes, problems));
  await takeMemory(folder, request, processes, problems);
  await folder.json('container.json', withoutSecrets(request.container, request.cgroups));
  await folder.json('isolation.json', sources.isolation());
  await folder.json('network.json', (await sources.network()) ?? { problem: 'flows are not counted' });
  const first = processes[0]?.pid;
  const mounts = first === undefined ? [] : await mountsOf(first);
  await folder.json('mounts.json', mounts);
  const layer = upperLayerOf(mounts);
  const executables = await captureExecutables(processes, layer);
  await folder.json('executables.json', executables);
  const changed = await layerChanges(layer);
  if (changed.problem !== '') problems.push(`changes of the image: ${changed.problem}`);
  if (changed.isCut) problems.push(`more than ${LIMITS.changes} changes of the image: the rest was left out`);
  await folder.json('upper-layer.json', changed);
  await takeRecordings(folder, sources.recordings, problems);
  const foreign = executables.filter(({ origin }) => origin !== 'image' && origin !== 'unknown');
  return { processes: processes.length, foreign, changes: changed.changes.length, problems };
}

async function processesOf(pids: readonly number[], problems: string[]): Promise<readonly CapturedProcess[]> {
  const processes: CapturedProcess[] = [];
  let text = 0;
  for (const [i, pid] of pids.entries()) {
    if (i >= LIMITS.processes || text > LIMITS.processText) {
      problems.push(`${pids.length - i} processes were left out: there is no room for them`);
      break;
    }
    const process = await captureProcess(pid);
    if (process === undefined) continue;
    processes.push(process);
    text += JSON.stringify(process).length;
  }
  return processes;
}

/** Once per network namespace, of which a container can make as many as it likes. */
async function socketsOf(
  processes: readonly CapturedProcess[],
): Promise<Readonly<Record<string, CapturedSockets>>> {
  const byNamespace = new Map<string, CapturedSockets>();
  let room: number = LIMITS.sockets;
  for (const { pid, namespaces } of processes) {
    const { net } = namespaces;
    if (net === undefined || byNamespace.has(net)) continue;
    const found = await captureSockets(pid, room);
    room -= found.sockets.length;
    byNamespace.set(net, found);
  }
  return Object.fromEntries(byNamespace);
}

async function mapsOf(
  processes: readonly CapturedProcess[],
  problems: string[],
): Promise<Readonly<Record<string, unknown>>> {
  const maps: [string, unknown][] = [];
  let text = 0;
  for (const [i, { pid }] of processes.entries()) {
    if (text > LIMITS.mapText) {
      problems.push(`maps of ${processes.length - i} processes were left out: there is no room for them`);
      break;
    }
    const whole = (await textOf(`/proc/${pid}/maps`)) ?? '';
    const regions = parseMaps(whole);
    text += whole.length;
    maps.push([
      String(pid),
      { regions: regions.slice(0, LIMITS.maps), leftOut: Math.max(0, regions.length - LIMITS.maps) },
    ]);
  }
  return Object.fromEntries(maps);
}

async function takeMemory(
  folder: CaptureFolder,
  { memory, memoryBytes }: CaptureRequest,
  processes: readonly CapturedProcess[],
  problems: string[],
): Promise<void> {
  let room = memoryBytes;
  for (const pid of memory) {
    if (!processes.some((process) => process.pid === pid)) {
      problems.push(`memory: process ${pid} is none of the container's`);
      continue;
    }
    try {
      const dump = await folder.file(`memory/${pid}.bin`, (place) => dumpMemory(pid, place, room));
      room -= dump.bytes;
      await folder.json(`memory/${pid}.json`, dump);
    } catch (error) {
      problems.push(`memory of process ${pid}: ${reasonOf(error)}`);
    }
  }
}

/** Variables by name: what they hold are secrets. */
const withoutSecrets = (container: ContainerInfo, cgroups: readonly number[]): unknown => ({
  ...container,
  cgroups,
  env: container.env.map((entry) => entry.split('=', 1)[0] ?? ''),
});

/** The newest segments, which hold what other containers of the machine did as well. */
async function takeRecordings(
  folder: CaptureFolder,
  from: string | undefined,
  problems: string[],
): Promise<void> {
  if (from === undefined) return;
  try {
    const paths = (await readdir(from))
      .filter((name) => name.endsWith('.rwrec'))
      .map((name) => join(from, name));
    const files = await Promise.all(paths.map(async (path) => ({ path, stat: await stat(path) })));
    let room: number = LIMITS.recordings;
    for (const { path, stat: facts } of files.toSorted((a, b) => b.stat.mtimeMs - a.stat.mtimeMs)) {
      if (facts.size > room) break;
      room -= facts.size;
      await folder.file(`recordings/${basename(path)}`, (place) => copyFile(path, place));
    }
  } catch (error) {
    problems.push(`recordings: ${reasonOf(error)}`);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
