/** The filters of system calls a process has, which the kernel tells only to who stops it (ptrace(2)). */
import koffi from 'koffi';
import { bind, libc, number } from './ffi-library.js';

const p = {
  ptrace: bind(libc, 'long ptrace(long request, long pid, long address, _Out_ uint8_t *data)'),
  ptraceBare: bind(libc, 'long ptrace(long request, long pid, long address, void *data)'),
  waitpid: bind(libc, 'int waitpid(int pid, _Out_ int *status, int options)'),
};

const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
const PTRACE_SECCOMP_GET_FILTER = 0x420c;
const PTRACE_DETACH = 17;
const WNOHANG = 1;
const WALL = 0x4000_0000;
/** `struct sock_filter` */
const INSTRUCTION_BYTES = 8;
const MOST_FILTERS = 64;
const ENOENT = 2;
/** A process in an uninterruptible call does not stop before that is over: it is left alone then. */
const PATIENCE_MS = 500;

const outcome = (result: unknown): number => (number(result) < 0 ? -koffi.errno() || -1 : number(result));
const request = (what: number, pid: number, address = 0): number =>
  outcome(p.ptraceBare(what, pid, address, null));

/**
 * The instructions of each filter of a process's first thread, the last installed first; a negative errno where the kernel
 * does not tell. The thread is stopped meanwhile: a call that it waits in may end with EINTR.
 */
export function seccompFilters(pid: number): readonly Uint8Array[] | number {
  const seized = request(PTRACE_SEIZE, pid);
  if (seized < 0) return seized;
  try {
    const stopped = request(PTRACE_INTERRUPT, pid);
    if (stopped < 0) return stopped;
    const waited = waitForStop(pid);
    return waited < 0 ? waited : readFilters(pid);
  } finally {
    request(PTRACE_DETACH, pid);
  }
}

function waitForStop(pid: number): number {
  const status = [0];
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const waited = outcome(p.waitpid(pid, status, WNOHANG | WALL));
    if (waited !== 0) return waited;
    if (performance.now() > until) return -110; // ETIMEDOUT
  }
}

function readFilters(pid: number): readonly Uint8Array[] | number {
  const filters: Uint8Array[] = [];
  for (let index = 0; index < MOST_FILTERS; index += 1) {
    const length = request(PTRACE_SECCOMP_GET_FILTER, pid, index);
    if (length === -ENOENT) return filters;
    if (length < 0) return length;
    const instructions = new Uint8Array(length * INSTRUCTION_BYTES);
    const read = outcome(p.ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, instructions));
    if (read < 0) return read;
    filters.push(instructions);
  }
  return filters;
}
