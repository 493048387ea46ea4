/**
 * Captures carry flags in an encoding of their own, the same on every architecture; rules speak Linux's. Pairs of
 * `theirs, ours`; bits without a pair are dropped. Facts: falcosecurity/libs, `driver/ppm_events_public.h`; Linux
 * `asm-generic/fcntl.h`, `linux/sched.h`, `linux/mman.h`, `linux/openat2.h`.
 */
type Pairs = readonly (readonly [theirs: number, ours: number])[];

const translate = (pairs: Pairs, value: number): number =>
  pairs.reduce((sum, [theirs, ours]) => (Math.floor(value / theirs) % 2 === 1 ? sum + ours : sum), 0);

const OPEN: Pairs = [
  [4, 0o100],
  [8, 0o2000],
  [16, 0o10000],
  [32, 0o200],
  [64, 0o4000],
  [128, 0o4000000],
  [256, 0o1000],
  [512, 0o40000],
  [1024, 0o200000],
  [2048, 0o100000],
  [4096, 0o2000000],
  [8192, 0o20000000],
];
/** They number the access modes from 1; 0 is "none of them". */
const ACCESS = [0, 0, 1, 2] as const;
const CREATED = 2 ** 14;

/** Bits that came with 32-bit signs are read unsigned. */
const unsigned = (value: number): number => (value < 0 ? value + 2 ** 32 : value);

export const openFlags = (theirs: number): number =>
  (ACCESS[theirs & 3] ?? 0) | translate(OPEN, unsigned(theirs));
export const wasCreated = (theirs: number): boolean => (theirs & CREATED) !== 0;

const CLONE: Pairs = [
  [2 ** 0, 0x400],
  [2 ** 1, 0x200],
  [2 ** 2, 0x80000000],
  [2 ** 3, 0x8000000],
  [2 ** 4, 0x40000000],
  [2 ** 5, 0x20000],
  [2 ** 6, 0x20000000],
  [2 ** 7, 0x4000000],
  [2 ** 8, 0x8000],
  [2 ** 9, 0x100000],
  [2 ** 10, 0x2000],
  [2 ** 11, 0x800],
  [2 ** 12, 0x40000],
  [2 ** 13, 0x10000],
  [2 ** 14, 0x800000],
  [2 ** 15, 0x100],
  [2 ** 20, 0x10000000],
  [2 ** 23, 0x200000],
  [2 ** 24, 0x1000000],
  [2 ** 25, 0x80000],
  [2 ** 27, 0x4000],
  [2 ** 28, 0x2000000],
];
export const CloneBit = { files: 1, thread: 2 ** 13, childInNamespace: 2 ** 29 } as const;

const PROT: Pairs = [
  [1, 1],
  [2, 2],
  [4, 4],
  [8, 8],
  [16, 0x1000000],
  [32, 0x2000000],
];
const MMAP: Pairs = [
  [1, 1],
  [2, 2],
  [4, 0x10],
  [8, 0x20],
  [16, 0x40],
  [64, 0x4000],
  [128, 0x8000],
  [256, 0x10000],
  [512, 0x100],
  [1024, 0x800],
  [2048, 0x1000],
  [16384, 0x2000],
];
const RESOLVE: Pairs = [
  [1, 8],
  [2, 16],
  [4, 2],
  [8, 4],
  [16, 1],
  [32, 32],
];
const EXECVEAT: Pairs = [
  [1, 0x1000],
  [2, 0x100],
];

/** Their number to Linux's, by position. */
const FCNTL: Readonly<Record<number, number>> = {
  1: 0,
  2: 1,
  3: 2,
  4: 3,
  5: 4,
  6: 5,
  8: 6,
  9: 7,
  10: 8,
  12: 9,
  13: 10,
  15: 11,
  17: 12,
  18: 13,
  19: 14,
  21: 15,
  22: 16,
  23: 1024,
  24: 1025,
  25: 1029,
  26: 1030,
  27: 1026,
  28: 1031,
  29: 1032,
  30: 36,
  31: 37,
  32: 38,
};
const PTRACE: readonly number[] = [
  -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 24, 0x4200, 0x4201, 0x4202, 0x4203, 0x4204, 0x4205, 0x4206,
  0x4207, 0x4208, 0x4209, 0x420a, 0x420b, 12, 13, 14, 15, 18, 19, 21, 25, 26, 30, 31, 32, 33,
];

type Translation = (theirs: number) => number;
const bits =
  (pairs: Pairs): Translation =>
  (theirs) =>
    translate(pairs, unsigned(theirs));
const same: Translation = (theirs) => theirs;

/** Translations by our kind of argument; kinds without one are numbered as Linux does. */
const BY_KIND: Readonly<Record<string, Translation>> = {
  open_flags: openFlags,
  clone_flags: bits(CLONE),
  prot_flags: bits(PROT),
  mmap_flags: bits(MMAP),
  resolve_flags: bits(RESOLVE),
  fcntl_cmd: (theirs) => FCNTL[theirs] ?? -1,
  ptrace_request: (theirs) => PTRACE[theirs] ?? -1,
};

export const translationOf = (type: string, kind: string): Translation =>
  type === 'execveat' && kind === 'at_flags' ? bits(EXECVEAT) : (BY_KIND[kind] ?? same);
