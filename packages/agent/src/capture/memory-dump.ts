import { type FileHandle, open } from 'node:fs/promises';
import { textOf } from './proc-text.js';

export interface MemoryRegion {
  /** Addresses, hexadecimal. */
  readonly start: string;
  readonly end: string;
  readonly permissions: string;
  readonly name: string;
  /** Where it lies in the dump, bytes; -1: it is not in it. */
  readonly offset: number;
  /** Why not, or not all of it; ''. */
  readonly problem: string;
}

export interface MemoryDump {
  readonly pid: number;
  readonly bytes: number;
  readonly regions: readonly MemoryRegion[];
}

const CHUNK = 1024 * 1024;
/** What the kernel puts there for every process. */
const KERNELS = /^\[(?:vvar|vsyscall|vvar_vclock)\]$/;

/**
 * Writes what a process can read of its own memory to a file, region after region, until `mostBytes`: what it wrote itself
 * first, since files are elsewhere as well.
 */
export async function dumpMemory(pid: number, path: string, mostBytes: number): Promise<MemoryDump> {
  const regions = parseMaps((await textOf(`/proc/${pid}/maps`)) ?? '');
  const order = [...regions].sort((a, b) => Number(isFile(a)) - Number(isFile(b)));
  const [source, target] = await Promise.all([open(`/proc/${pid}/mem`, 'r'), open(path, 'wx', 0o600)]);
  try {
    let offset = 0;
    const dumped: MemoryRegion[] = [];
    for (const region of order) {
      const { region: done, bytes } = await dumpRegion(
        region,
        { source, target },
        offset,
        mostBytes - offset,
      );
      dumped.push(done);
      offset += bytes;
    }
    return {
      pid,
      bytes: offset,
      regions: dumped.toSorted((a, b) => (BigInt(`0x${a.start}`) < BigInt(`0x${b.start}`) ? -1 : 1)),
    };
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

type Region = Pick<MemoryRegion, 'start' | 'end' | 'permissions' | 'name'>;

const isFile = ({ name, permissions }: Region): boolean => name.startsWith('/') && !permissions.includes('w');

/** proc_pid_maps(5) */
export const parseMaps = (text: string): readonly Region[] =>
  text.split('\n').flatMap((line) => {
    const [, start, end, permissions, name = ''] =
      /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+\s*(.*)$/.exec(line) ?? [];
    return start === undefined || end === undefined || permissions === undefined
      ? []
      : [{ start, end, permissions, name }];
  });

async function dumpRegion(
  region: Region,
  { source, target }: { readonly source: FileHandle; readonly target: FileHandle },
  offset: number,
  room: number,
): Promise<{ readonly region: MemoryRegion; readonly bytes: number }> {
  const [start, end] = [BigInt(`0x${region.start}`), BigInt(`0x${region.end}`)];
  const none = (problem: string) => ({ region: { ...region, offset: -1, problem }, bytes: 0 });
  if (!region.permissions.startsWith('r') || KERNELS.test(region.name)) return none('it cannot be read');
  const wanted = Number(end - start);
  if (wanted > room) return none('there is no room for it');
  let bytes = 0;
  try {
    while (bytes < wanted) {
      const size = Math.min(CHUNK, wanted - bytes);
      const { bytesRead, buffer } = await source.read({
        ...{ buffer: Buffer.allocUnsafe(size), offset: 0, length: size, position: start + BigInt(bytes) },
      });
      if (bytesRead === 0) break;
      await target.write(buffer, 0, bytesRead, offset + bytes);
      bytes += bytesRead;
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return bytes === 0
      ? none(problem)
      : { region: { ...region, offset, problem: `only ${bytes} bytes: ${problem}` }, bytes };
  }
  return { region: { ...region, offset, problem: '' }, bytes };
}
