import { readdirSync, readlinkSync, statSync } from 'node:fs';
import {
  anonymousFileType,
  type LiveDescriptor,
  type LiveFaults,
  type LiveMemory,
  type LiveProcesses,
  type ProcessInfo,
} from '@runward/events';
import { findSocket } from './live-sockets.js';
import { readText } from './proc-text.js';

/** /proc counts in USER_HZ, which is 100 on every architecture. */
const TICK_NS = 10_000_000n;
/** Positions behind the name in /proc/PID/stat. */
const MINOR_FAULTS = 7;
const MAJOR_FAULTS = 9;
const START_TICKS = 19;

/** Fields of a `stat` file after the name, which may itself contain spaces and parentheses. */
const statFields = (path: string): readonly string[] => {
  const text = readText(path);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
};

const amount = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);

/** {@link LiveProcesses} as /proc has it now. */
export class ProcLiveProcesses implements LiveProcesses {
  /** `epochOffsetNs` gives what is to be added to a time since boot, as for the process table. */
  constructor(private readonly epochOffsetNs: () => bigint) {}

  memory(process: ProcessInfo): LiveMemory | undefined {
    if (!this.#isAlive(process)) return undefined;
    const status = readText(`/proc/${process.pid}/status`);
    if (status === '') return undefined;
    return {
      vmSizeKib: amount(status, 'VmSize'),
      vmRssKib: amount(status, 'VmRSS'),
      vmSwapKib: amount(status, 'VmSwap'),
      threads: amount(status, 'Threads'),
    };
  }

  faults(process: ProcessInfo, tid: number): LiveFaults | undefined {
    if (!this.#isAlive(process)) return undefined;
    const stat = statFields(`/proc/${process.pid}/task/${tid}/stat`);
    if (stat.length <= MAJOR_FAULTS) return undefined;
    return { minor: Number(stat[MINOR_FAULTS]), major: Number(stat[MAJOR_FAULTS]) };
  }

  descriptorLimit(process: ProcessInfo): number | undefined {
    if (!this.#isAlive(process)) return undefined;
    const limit = /^Max open files\s+(\S+)/m.exec(readText(`/proc/${process.pid}/limits`))?.[1];
    if (limit === undefined) return undefined;
    return limit === 'unlimited' ? -1 : Number(limit);
  }

  descriptors(process: ProcessInfo): readonly number[] | undefined {
    if (!this.#isAlive(process)) return undefined;
    try {
      return readdirSync(`/proc/${process.pid}/fd`).map(Number);
    } catch {
      return undefined;
    }
  }

  descriptor(process: ProcessInfo, fd: number): LiveDescriptor | undefined {
    if (!this.#isAlive(process)) return undefined;
    const path = `/proc/${process.pid}/fd/${fd}`;
    try {
      return describe(process.pid, path, readlinkSync(path));
    } catch {
      return undefined; // closed, or the process has ended
    }
  }

  cgroup(process: ProcessInfo, controller: string): string | undefined {
    if (!this.#isAlive(process)) return undefined;
    let unified: string | undefined;
    for (const line of readText(`/proc/${process.pid}/cgroup`).split('\n')) {
      const [, controllers = '', ...path] = line.split(':');
      if (controllers.replace('name=', '').split(',').includes(controller)) return path.join(':');
      if (line.startsWith('0::')) unified = path.join(':');
    }
    return unified;
  }

  /** A process that ended may have left its number to another one. */
  #isAlive({ pid, startedAtNs }: ProcessInfo): boolean {
    const ticks = statFields(`/proc/${pid}/stat`)[START_TICKS];
    if (ticks === undefined || !/^\d+$/.test(ticks)) return false;
    const expected = (startedAtNs - this.epochOffsetNs()) / TICK_NS;
    const difference = BigInt(ticks) - expected;
    return difference >= -1n && difference <= 1n; // both are rounded
  }
}

/** `target` is what the kernel writes in the link: a path, or `kind:[inode]`, or `anon_inode:name`. */
function describe(pid: number, path: string, target: string): LiveDescriptor {
  const socket = /^socket:\[(\d+)\]$/.exec(target)?.[1];
  if (socket !== undefined) return findSocket(pid, socket);
  if (target.startsWith('pipe:[')) return { type: 'pipe', name: target };
  if (target.startsWith('anon_inode:')) {
    const name = target.slice('anon_inode:'.length);
    return { type: anonymousFileType(name), name };
  }
  if (target.startsWith('/memfd:')) return { type: 'memfd', name: target.slice(1) };
  const stat = statSync(path);
  if (stat.isDirectory()) return { type: 'directory', name: target };
  return { type: stat.isFIFO() ? 'pipe' : 'file', name: target };
}
