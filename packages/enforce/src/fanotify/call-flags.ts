/**
 * What a thread asked for that is stopped in an open: /proc/TID/syscall shows the call and its arguments as they were
 * in the registers on entry, and nobody can change those while it waits. Flags in the caller's memory (openat2) and
 * calls made on its behalf (io_uring) cannot be had so: other threads could rewrite the one, and the other is not
 * there. Of these nothing is known, which is for the caller to take as everything.
 */
export interface AskedAccess {
  readonly reads: boolean;
  readonly writes: boolean;
}

/** By number of the call: which argument has the flags, or what is asked whatever they are. */
type Call = number | AskedAccess;

const READS: AskedAccess = { reads: true, writes: false };
const WRITES: AskedAccess = { reads: false, writes: true };
/** The kernel opens a program to start it: the process section's. */
const NEITHER: AskedAccess = { reads: false, writes: false };
const BOTH: AskedAccess = { reads: true, writes: true };

/** The 32-bit numbers are none that open in the 64-bit table, and the other way around: one table does for both. */
const CALLS: Readonly<Record<string, ReadonlyMap<number, Call>>> = {
  x64: new Map<number, Call>([
    ...[[2, 1], [257, 2], [304, 2], [85, WRITES]] as const, // open, openat, open_by_handle_at, creat
    ...[[59, NEITHER], [322, NEITHER], [520, NEITHER], [545, NEITHER]] as const, // execve, execveat; x32: the same
    ...[[5, 1], [295, 2], [342, 2], [8, WRITES], [11, NEITHER], [358, NEITHER]] as const, // 32-bit
  ]), // biome-ignore format: a table
  arm64: new Map<number, Call>([
    ...[[56, 2], [265, 2], [221, NEITHER], [281, NEITHER]] as const, // openat, open_by_handle_at, execve, execveat
    ...[[5, 1], [322, 2], [371, 2], [8, WRITES], [11, NEITHER], [387, NEITHER]] as const, // 32-bit
  ]), // biome-ignore format: a table
};

const X32 = 0x4000_0000;
const O_ACCMODE = 3;
const O_TRUNC = 0o1000;

/** Of the text of /proc/TID/syscall; undefined when it does not say. */
export function askedAccess(text: string, architecture: string = process.arch): AskedAccess | undefined {
  const fields = text.split(' ');
  if (!/^\d+$/.test(fields[0] ?? '')) return undefined;
  const call = CALLS[architecture]?.get(Number(fields[0]) & ~X32);
  if (typeof call !== 'number') return call;
  const word = Number(fields[call + 1]);
  return Number.isFinite(word)
    ? accessOf(Number(BigInt.asUintN(32, BigInt(fields[call + 1] ?? '0'))))
    : undefined;
}

function accessOf(flags: number): AskedAccess {
  const mode = flags & O_ACCMODE;
  if (mode === 2 || mode === 3) return BOTH; // 3 gives neither right, but ioctl, to whoever has both
  if (mode === 1) return WRITES;
  return (flags & O_TRUNC) === 0 ? READS : BOTH;
}
