/** Writes captures for tests, block by block, in the newest form unless told otherwise. */

const u16 = (n: number): Buffer => {
  const b = Buffer.alloc(2);
  b.writeUInt16LE(n);
  return b;
};
const u32 = (n: number): Buffer => {
  const b = Buffer.alloc(4);
  b.writeUInt32LE(n >>> 0);
  return b;
};
export const i64 = (n: number | bigint): Buffer => {
  const b = Buffer.alloc(8);
  b.writeBigInt64LE(BigInt(n));
  return b;
};
const text = (s: string): Buffer => Buffer.concat([u16(Buffer.byteLength(s)), Buffer.from(s)]);

export function block(type: number, body: Buffer): Buffer {
  const padding = Buffer.alloc((4 - (body.length % 4)) % 4);
  const length = 12 + body.length + padding.length;
  return Buffer.concat([u32(type), u32(length), body, padding, u32(length)]);
}

export const section = (): Buffer =>
  block(0x0a0d0d0a, Buffer.concat([u32(0x1a2b3c4d), u16(1), u16(2), i64(-1)]));

export const machineBlock = (hostname: string): Buffer => {
  const name = Buffer.alloc(128);
  name.write(hostname);
  return block(0x201, Buffer.concat([u32(2), i64(0), i64(0), name, i64(0), i64(0), i64(0), i64(0)]));
};

export interface TaskFacts {
  readonly tid: number;
  readonly pid?: number;
  readonly ptid?: number;
  readonly comm?: string;
  readonly exepath?: string;
  readonly cwd?: string;
  readonly uid?: number;
  readonly vpid?: number;
  readonly cgroups?: readonly string[];
}

/** A process list of version 9. */
export function processBlock(tasks: readonly TaskFacts[]): Buffer {
  const entries = tasks.map((t) => {
    const cgroups = (t.cgroups ?? []).map((c) => `${c}\0`).join('');
    const entry = Buffer.concat([
      ...[t.tid, t.pid ?? t.tid, t.ptid ?? 1, t.pid ?? t.tid, t.pid ?? t.tid].map(i64),
      ...[t.comm ?? 'sh', t.comm ?? 'sh', t.exepath ?? '/bin/sh', '', t.cwd ?? '/'].map(text),
      ...[i64(1024), u32(0), u32(t.uid ?? 0), u32(0), u32(0), u32(0), u32(0), i64(0), i64(0)],
      ...[text(''), i64(t.vpid ?? t.tid), i64(t.vpid ?? t.tid), text(cgroups), text('/')],
      ...[i64(0), u32(34816), u32(1000), Buffer.from([0]), i64(0), i64(1), i64(1)],
      ...[Buffer.from([1]), i64(77), i64(1), i64(2), Buffer.from([0])],
    ]);
    return Buffer.concat([u32(entry.length + 4), entry]);
  });
  return block(0x215, Buffer.concat(entries));
}

/** Files a task has open. */
export function filesBlock(tid: number, files: Readonly<Record<number, string>>): Buffer {
  const entries = Object.entries(files).map(([fd, path]) => {
    const entry = Buffer.concat([i64(Number(fd)), i64(5), Buffer.from([16]), u32(1), text(path), u32(8)]);
    return Buffer.concat([u32(entry.length + 4), entry]);
  });
  return block(0x218, Buffer.concat([i64(tid), ...entries]));
}

export const usersBlock = (users: Readonly<Record<number, string>>): Buffer =>
  block(
    0x220,
    Buffer.concat(
      Object.entries(users).map(([uid, name]) => {
        const entry = Buffer.concat([
          Buffer.from([0]),
          u32(Number(uid)),
          u32(0),
          text(name),
          text('/root'),
          text('/bin/sh'),
        ]);
        return Buffer.concat([u32(entry.length + 4), entry]);
      }),
    ),
  );

export interface EventFacts {
  readonly type: number;
  readonly tid: number;
  readonly timeNs: bigint;
  readonly params: readonly (Buffer | string | number | bigint)[];
}

/** An event with 32-bit lengths when `large`. Numbers are 64 bits wide, strings end in NUL. */
export function eventBlock({ type, tid, timeNs, params }: EventFacts, large = false): Buffer {
  const values = params.map((p) => {
    if (typeof p === 'string') return Buffer.from(`${p}\0`);
    return typeof p === 'number' || typeof p === 'bigint' ? i64(p) : p;
  });
  const lengths = values.map((v) => (large ? u32(v.length) : u16(v.length)));
  const bytes = [...lengths, ...values].reduce((sum, b) => sum + b.length, 26);
  const header = Buffer.concat([i64(timeNs), i64(tid), u32(bytes), u16(type), u32(values.length)]);
  return block(large ? 0x221 : 0x216, Buffer.concat([u16(0), header, ...lengths, ...values]));
}

export const word32 = u32;
/** Both ends of an IPv4 connection. */
export const tuple4 = (
  source: readonly number[],
  sport: number,
  destination: readonly number[],
  dport: number,
): Buffer => Buffer.concat([Buffer.from([2, ...source]), u16(sport), Buffer.from(destination), u16(dport)]);
