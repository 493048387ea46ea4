import { RwHdr, SYSCALLS } from '@runward/events';
import {
  execRecord,
  exitRecord,
  fdRecord,
  forkRecord,
  openRecord,
  pathRecord,
  sysRecord,
} from '@runward/events/testing';

/** What a stream consists of. `mixed` has 60 % opens and closes, and everything else besides. */
export const FAMILIES = ['mixed', 'open-close', 'shell', 'fork-exec', 'connect', 'read'] as const;
export type Family = (typeof FAMILIES)[number];

/** Records one after another in one buffer, as the ring has them. */
export interface Stream {
  readonly data: DataView<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  /** Where the part begins that is played again and again: the services before it start once. */
  readonly repeatFrom: number;
}

export const CGROUPS = [101, 102, 103, 104, 105] as const;

const SHELL_TOOLS = ['ls', 'sed', 'grep', 'cut', 'date', 'head', 'tr', 'sort', 'env', 'stat'];
const SERVERS = ['nginx', 'java', 'python3', 'redis-server', 'node', 'postgres', 'ruby', 'php-fpm'];
const LIBRARIES = ['libc.so.6', 'libm.so.6', 'libpthread.so.0', 'libselinux.so.1', 'libpcre2-8.so.0'];
const S_IFREG = 0o100644;
const AF_INET = 2;
const STREAM = 1;
const TCP = 6;
const FMODE_READ = 0x1d;

/** The same numbers on each run, so that two runs measure the same events. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) % below;
  };
}

interface Actor {
  readonly pid: number;
  readonly startNs: number;
  readonly cgroup: number;
  readonly comm: string;
}

class StreamBuilder {
  readonly records: Uint8Array<ArrayBuffer>[] = [];
  readonly next = sequence(20_260_101);
  #pid = 5000;
  #timeNs = 1_000_000_000_000n;

  #header(actor: Actor) {
    this.#timeNs += 700n;
    const { pid, startNs, cgroup } = actor;
    return {
      pid,
      startNs,
      cgroup,
      timeNs: this.#timeNs,
      capEffective: 0xa80425fbn,
      capPermitted: 0xa80425fbn,
    };
  }

  pick<T>(all: readonly [T, ...T[]] | readonly T[]): T {
    const found = all[this.next(all.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  }

  fork(parent: Actor): Actor {
    const child = { ...parent, pid: ++this.#pid, startNs: 2_000_000_000 + this.#pid };
    const facts = { childPid: child.pid, childStartNs: child.startNs, childCgroup: child.cgroup };
    this.records.push(forkRecord({ ...this.#header(parent), ...facts, comm: parent.comm }));
    return child;
  }

  exec(actor: Actor, name: string, args: readonly string[]): Actor {
    const comm = name.slice(0, 15);
    this.records.push(
      execRecord({
        ...this.#header(actor),
        comm,
        path: `/usr/bin/${name}`,
        cwd: '/srv/app',
        args: [name, ...args],
      }),
    );
    return { ...actor, comm };
  }

  exit(actor: Actor): void {
    this.records.push(exitRecord(this.#header(actor)));
  }

  open(actor: Actor, path: string, write = false): void {
    const openFlags = write ? 0o1101 : 0o2000000;
    const inode = BigInt(1000 + this.next(5000));
    this.records.push(
      openRecord({
        ...this.#header(actor),
        ...{ result: 5, fd: 5, inode, mode: S_IFREG, dev: 40, openFlags, fileMode: FMODE_READ },
        ...{ args: [-100, 0x7ffd1000, openFlags, 0o644], path, raw: path },
      }),
    );
  }

  onDescriptor(actor: Actor, type: string, path: string, result = 0): void {
    const inode = BigInt(1000 + this.next(5000));
    this.records.push(
      fdRecord({
        ...this.#header(actor),
        ...{ type, result, fd: 5, inode, mode: S_IFREG, dev: 40, args: [5, 0x7ffd1000, 4096], path },
      }),
    );
  }

  socket(actor: Actor, type: string, remotePort: number): void {
    this.records.push(
      fdRecord({
        ...this.#header(actor),
        ...{ type, result: 0, fd: 7, family: AF_INET, socketType: STREAM, protocol: TCP, inode: 99n },
        ...{ local: [10, 0, 0, 4], localPort: 40_000 + this.next(2000), state: 1, role: 1 },
        ...{ remote: [10, 1, this.next(4), this.next(200)], remotePort, args: [7, 0x7ffd1000, 16] },
      }),
    );
  }

  unlink(actor: Actor, path: string): void {
    this.records.push(pathRecord({ ...this.#header(actor), type: 'unlinkat', raws: [path], bases: ['/'] }));
  }

  call(actor: Actor, type: string, args: readonly number[]): void {
    this.records.push(sysRecord({ ...this.#header(actor), type, args }));
  }

  stream(repeatFrom: number): Stream {
    const size = this.records.reduce((sum, r) => sum + ((r.length + 7) & ~7), 0);
    const bytes = new Uint8Array(new ArrayBuffer(size));
    const offsets = new Int32Array(this.records.length);
    const lengths = new Int32Array(this.records.length);
    let at = 0;
    for (const [i, record] of this.records.entries()) {
      bytes.set(record, at);
      offsets[i] = at;
      lengths[i] = record.length;
      at += (record.length + 7) & ~7;
    }
    return { data: new DataView(bytes.buffer), bytes, offsets, lengths, repeatFrom };
  }
}

/** Opens a file of the application, a library, or something below /proc or /tmp, and closes it. */
function openAndClose(b: StreamBuilder, actor: Actor, times: number): void {
  for (let i = 0; i < times; i++) {
    const n = b.next(400);
    const path = [
      `/srv/app/static/page-${n}.html`,
      `/usr/lib/x86_64-linux-gnu/${b.pick(LIBRARIES)}`,
      `/srv/app/node_modules/module-${n % 60}/package.json`,
      `/proc/self/task/${n % 9}/status`,
      `/var/lib/app/cache/${n}.bin`,
    ][n % 5];
    if (path === undefined) continue;
    b.open(actor, path, n % 29 === 4);
    b.onDescriptor(actor, 'close', path);
  }
}

/** What a shell does to run one program: fork, exec, the loader's opens and maps, output, exit. */
function runProgram(b: StreamBuilder, shell: Actor, opens: number): void {
  const name = b.pick(SHELL_TOOLS);
  const child = b.exec(b.fork(shell), name, ['-n', `item-${b.next(50)}`]);
  b.open(child, '/etc/ld.so.cache');
  for (let i = 0; i < opens; i++) {
    const library = `/usr/lib/x86_64-linux-gnu/${LIBRARIES[i % LIBRARIES.length]}`;
    b.open(child, library);
    b.onDescriptor(child, 'read', library, 832);
    b.onDescriptor(child, 'mmap', library);
    b.onDescriptor(child, 'close', library);
  }
  b.call(child, 'mprotect', [0x7f0000000000, 4096, 1]);
  b.onDescriptor(child, 'write', 'pipe:[42]', 12);
  b.exit(child);
}

/** Writes and reads of a service, and now and then a temporary file. */
function serve(b: StreamBuilder, actor: Actor): void {
  b.socket(actor, 'connect', b.pick([443, 5432, 6379, 8080]));
  b.socket(actor, 'sendto', 443);
  b.socket(actor, 'recvfrom', 443);
  b.onDescriptor(actor, 'read', `/srv/app/static/page-${b.next(400)}.html`, 4096);
  b.onDescriptor(actor, 'write', '/var/log/app/access.log', 120);
  if (b.next(8) === 0) b.unlink(actor, `/tmp/upload-${b.next(300)}`);
  if (b.next(8) === 0) b.call(actor, 'kill', [actor.pid, 0]);
}

/** The events of `family`: a set of services, shells and programs in five containers, about 20,000 records. */
export function makeStream(family: Family, records = 20_000): Stream {
  const b = new StreamBuilder();
  const init: Actor = { pid: 4000, startNs: 1_000_000_001, cgroup: CGROUPS[0], comm: 'containerd-shim' };
  const services = Array.from({ length: 40 }, (_, i) => {
    const cgroup = b.pick(CGROUPS);
    return b.exec(b.fork({ ...init, cgroup }), SERVERS[i % SERVERS.length] ?? 'nginx', [`--port=${i}`]);
  });
  const shells = CGROUPS.map((cgroup) =>
    b.exec(b.fork({ ...init, cgroup }), 'sh', ['-c', '/srv/app/cron.sh']),
  );
  const repeatFrom = b.records.length;
  while (b.records.length < records) {
    const actor = b.pick(services);
    switch (family) {
      case 'open-close':
        openAndClose(b, actor, 8);
        break;
      case 'shell':
        runProgram(b, b.pick(shells), 3);
        break;
      case 'fork-exec':
        runProgram(b, b.pick(shells), 0);
        break;
      case 'connect':
        b.socket(actor, 'connect', b.pick([443, 5432, 6379, 8080]));
        break;
      case 'read':
        b.onDescriptor(actor, 'read', `/srv/app/static/page-${b.next(400)}.html`, 4096);
        break;
      default:
        openAndClose(b, actor, 6);
        serve(b, actor);
        if (b.next(5) === 0) runProgram(b, b.pick(shells), 2);
    }
  }
  return b.stream(repeatFrom);
}

/** Share of each event type in a stream, by name: what the figures are about. */
export function shares({ data, offsets }: Stream): Readonly<Record<string, number>> {
  const names = new Map(SYSCALLS.map((s) => [s.id, s.name]));
  const counts = new Map<string, number>();
  for (const offset of offsets) {
    const id = data.getUint16(offset + RwHdr.type, true);
    const name = names.get(id) ?? 'process life';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const share = (n: number): number => Number((n / offsets.length).toFixed(3));
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]).map(([name, n]) => [name, share(n)]));
}
