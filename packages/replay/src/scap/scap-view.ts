/**
 * The view over a captured call. Long because the interface it fills is: one getter per fact.
 */
import {
  type AccountNames,
  type ContainerInfo,
  EventFlag,
  type EventView,
  eventTypeByName,
  type ObjectKind,
  type ProcessInfo,
  SYSCALLS,
  type Transport,
} from '@runward/events';
import { type Address, readAddress, readTuple, type Tuple } from './address.js';
import type { Call } from './call.js';
import type { Descriptor } from './descriptor.js';
import { openFlags, translationOf, wasCreated } from './flags.js';
import { pathOf } from './paths.js';
import { ScapProcess } from './scap-process.js';

interface Register {
  readonly param: string;
  readonly translate: (theirs: number) => number;
}

/** How an event type of ours reads a captured call. */
interface TypeShape {
  readonly id: number;
  readonly name: string;
  readonly registers: readonly (Register | undefined)[];
  readonly paths: readonly string[];
  readonly texts: readonly string[];
  readonly actsOnDescriptor: boolean;
  readonly opens: boolean;
}

/** Calls whose table row leaves registers out (packages/events, catalogue). */
const REGISTERS: Readonly<Record<string, readonly number[]>> = {
  accept4: [0, 3],
  sendmmsg: [0, 2, 3],
  recvmsg: [0, 2],
  recvmmsg: [0, 2, 3],
};

function shapeOf(spec: (typeof SYSCALLS)[number]): TypeShape {
  const registers: (Register | undefined)[] = [];
  const paths: string[] = [];
  const texts: string[] = [];
  for (const [i, argument] of spec.args.split(' ').entries()) {
    const [param = '', kind = ''] = argument.split(':');
    if (kind === 'path') paths.push(param);
    else if (kind === 'string') texts.push(param);
    registers[REGISTERS[spec.name]?.[i] ?? i] = { param, translate: translationOf(spec.name, kind) };
  }
  return {
    id: spec.id,
    name: spec.name,
    registers,
    paths,
    texts,
    actsOnDescriptor: spec.family === 'fd' || spec.family === 'open',
    opens: spec.family === 'open',
  };
}

const EXIT_SHAPE: TypeShape = {
  id: eventTypeByName.get('procexit')?.id ?? 0,
  name: 'procexit',
  registers: [],
  paths: [],
  texts: [],
  actsOnDescriptor: false,
  opens: false,
};
const SHAPES: ReadonlyMap<string, TypeShape> = new Map(
  [...SYSCALLS.map(shapeOf), EXIT_SHAPE].map((shape) => [shape.name, shape]),
);

const SENDS = new Set(['sendto', 'sendmsg', 'sendmmsg']);
const RECEIVES = new Set(['recvfrom', 'recvmsg', 'recvmmsg']);
const NOBODY = new ScapProcess(0);
const NO_ACCOUNTS: AccountNames = {
  userName: () => undefined,
  userHome: () => undefined,
  userShell: () => undefined,
  groupName: () => undefined,
};
const MINOR_BITS = 20;

/** One instance serves all events of a replay; {@link attach} moves it. */
export class ScapView implements EventView {
  number = 0;
  hostname = '';
  accounts: AccountNames = NO_ACCOUNTS;
  process: ProcessInfo = NOBODY;
  container: ContainerInfo | undefined;
  streamStartNs: bigint | undefined;
  previousTimeNs: bigint | undefined;
  #owner = NOBODY;
  #shape = EXIT_SHAPE;
  #call: Call | undefined;
  #descriptor: Descriptor | undefined;
  #tuple: Tuple | undefined;
  #address: Address | undefined;

  /** Shows a call. Returns false when no event type of ours stands for it. */
  attach(call: Call, owner: ScapProcess, container: ContainerInfo | undefined): boolean {
    const shape = SHAPES.get(call.exit.row?.type ?? '');
    if (shape === undefined) return false;
    this.#shape = shape;
    this.#call = call;
    this.#owner = owner;
    this.process = owner;
    this.container = container;
    const fd = this.fd;
    this.#descriptor = shape.actsOnDescriptor && fd !== undefined ? owner.descriptors.get(fd) : undefined;
    this.#tuple = call.has('tuple') ? readTuple(call.bytes('tuple')) : undefined;
    this.#address = call.has('addr') && !this.#isNumber('addr') ? readAddress(call.bytes('addr')) : undefined;
    return true;
  }

  /** `mmap` and `ptrace` have a number under the name of an address. */
  #isNumber(name: string): boolean {
    return this.#shape.registers.some(
      (register) => register?.param === name && this.#shape.name !== 'bind' && this.#shape.name !== 'connect',
    );
  }

  get typeId(): number {
    return this.#shape.id;
  }
  get typeName(): string {
    return this.#shape.name;
  }
  get cpu(): number {
    return this.#call?.exit.cpu ?? 0;
  }
  get timeNs(): bigint {
    return this.#call?.exit.timeNs ?? 0n;
  }
  get flags(): number {
    const host = this.container === undefined ? EventFlag.host : 0;
    const named = this.#shape.paths.length > 0 || this.#address !== undefined ? EventFlag.callerMemory : 0;
    const isCut = this.#call !== undefined && lacksEnter(this.#call) ? EventFlag.truncated : 0;
    return host | named | isCut;
  }
  get pid(): number {
    return this.#owner.pid;
  }
  get tid(): number {
    return this.#call?.exit.tid ?? 0;
  }
  get result(): number | undefined {
    return this.#call?.result;
  }

  #register(index: number): number | undefined {
    const register = this.#shape.registers[index];
    if (register === undefined) return undefined;
    const value = this.#call?.number(register.param, false);
    return value === undefined ? undefined : register.translate(value);
  }
  arg(index: number): number {
    const value = this.#register(index) ?? 0;
    return value < 0 ? Number(BigInt.asUintN(64, BigInt(Math.trunc(value)))) : value;
  }
  arg64(index: number): bigint {
    const register = this.#shape.registers[index];
    if (register === undefined) return 0n;
    const value = this.#call?.big(register.param) ?? 0n;
    const isSmall = value <= BigInt(Number.MAX_SAFE_INTEGER);
    return BigInt.asUintN(64, isSmall ? BigInt(register.translate(Number(value))) : value);
  }
  argInt(index: number): number {
    return Number(BigInt.asIntN(32, this.arg64(index)));
  }

  path(operand: 0 | 1): string | undefined {
    const call = this.#call;
    const name = this.#shape.paths[operand];
    if (call !== undefined && name !== undefined) return pathOf(call, name, this.#owner);
    return operand === 0 ? this.#descriptor?.path : undefined;
  }
  rawPath(operand: 0 | 1): string | undefined {
    const name = this.#shape.paths[operand];
    return name === undefined ? undefined : this.#call?.text(name);
  }
  /** A capture does not tell where the host has a container's files. */
  hostPath(operand: 0 | 1): string | undefined {
    return this.container === undefined ? this.path(operand) : undefined;
  }
  text(operand: 0 | 1): string | undefined {
    const name = this.#shape.texts[operand];
    return name === undefined ? undefined : this.#call?.text(name);
  }

  get objectKind(): ObjectKind {
    const found = this.#descriptor;
    if (found !== undefined) return found.kind === 'ipv6' && isMapped(found) ? 'ipv4' : found.kind;
    if (this.#tuple?.family === 'unix') return 'unix';
    return this.#tuple === undefined ? 'none' : this.#tuple.source.ip.includes(':') ? 'ipv6' : 'ipv4';
  }
  get fd(): number | undefined {
    const call = this.#call;
    if (call === undefined) return undefined;
    if (this.#shape.opens) return call.succeeded ? call.result : -1;
    if (!this.#shape.actsOnDescriptor) return call.exit.params.get('fd') === 0 ? call.result : undefined;
    return call.number('oldfd') ?? call.number('out_fd') ?? call.fd;
  }
  get inode(): bigint | undefined {
    const inode = this.#descriptor?.inode;
    return inode === 0n ? undefined : inode;
  }
  get deviceMajor(): number {
    return (this.#descriptor?.device ?? 0) >>> MINOR_BITS;
  }
  get deviceMinor(): number {
    return (this.#descriptor?.device ?? 0) & 0xfffff;
  }
  readonly fileMode = 0;
  readonly fileUid = undefined;
  get openFlags(): number {
    return this.#shape.opens ? openFlags(this.#call?.number('flags', false) ?? 0) : 0;
  }
  get openMode(): number {
    return this.#shape.opens ? (this.#call?.number('mode', false) ?? 0) : 0;
  }
  get openCreated(): boolean {
    return this.#shape.opens && wasCreated(this.#call?.number('flags', false) ?? 0);
  }
  readonly openedExec = false;

  get socketFamily(): number | undefined {
    return this.#descriptor?.family;
  }
  get socketType(): number | undefined {
    return this.#descriptor?.socketType;
  }
  get transport(): Transport {
    return this.#descriptor?.transport ?? '';
  }
  get localIp(): string | undefined {
    const own = this.#descriptor?.localIp;
    if (this.#tuple?.family !== 'ip' || isNamed(own, this.#descriptor?.localPort)) return own;
    return this.#isReceived() ? this.#tuple.destination.ip : this.#tuple.source.ip;
  }
  get localPort(): number | undefined {
    const own = this.#descriptor?.localPort;
    if (this.#tuple?.family !== 'ip' || isNamed(this.#descriptor?.localIp, own)) return own;
    return this.#isReceived() ? this.#tuple.destination.port : this.#tuple.source.port;
  }
  #isReceived(): boolean {
    return RECEIVES.has(this.#shape.name) || this.#shape.name.startsWith('accept');
  }
  get remoteIp(): string | undefined {
    const own = this.#descriptor?.remoteIp;
    if (own !== undefined || this.#tuple?.family !== 'ip') return own ?? this.callerIp;
    return this.#isReceived() ? this.#tuple.source.ip : this.#tuple.destination.ip;
  }
  get remotePort(): number | undefined {
    const own = this.#descriptor?.remotePort;
    if (own !== undefined || this.#tuple?.family !== 'ip') return own ?? this.callerPort;
    return this.#isReceived() ? this.#tuple.source.port : this.#tuple.destination.port;
  }
  get callerIp(): string | undefined {
    if (this.#address?.family === 'ip') return this.#address.endpoint.ip;
    return SENDS.has(this.#shape.name) && this.#tuple?.family === 'ip'
      ? this.#tuple.destination.ip
      : undefined;
  }
  get callerPort(): number | undefined {
    if (this.#address?.family === 'ip') return this.#address.endpoint.port;
    return SENDS.has(this.#shape.name) && this.#tuple?.family === 'ip'
      ? this.#tuple.destination.port
      : undefined;
  }
  get isServer(): boolean | undefined {
    return this.#descriptor?.isServer;
  }
  get socketConnected(): boolean {
    return this.#descriptor?.connected ?? false;
  }
  get unixPath(): string | undefined {
    if (this.#address?.family === 'unix') return this.#address.path;
    if (this.#tuple?.family === 'unix' && this.#tuple.path !== '') return this.#tuple.path;
    return this.#descriptor?.unixPath;
  }

  get data(): Uint8Array | undefined {
    return this.#call?.exit.bytes('data');
  }
  get execFailed(): boolean {
    return (this.#shape.name === 'execve' || this.#shape.name === 'execveat') && this.#call?.result !== 0;
  }
  get childPid(): number | undefined {
    return undefined;
  }
}

/** A v4-mapped IPv6 connection is an IPv4 one. */
const isMapped = (d: Descriptor): boolean => {
  const ip = d.remoteIp ?? d.localIp;
  return ip !== undefined && !ip.includes(':');
};

const isNamed = (ip: string | undefined, port: number | undefined): boolean =>
  ip !== undefined && !((port ?? 0) === 0 && (ip === '0.0.0.0' || ip === '::'));

/** What the enter event had said is not known: it was not captured, and the exit event does not repeat it. */
function lacksEnter({ enter, exit }: Call): boolean {
  if (enter !== undefined || exit.row === undefined) return false;
  for (const name of exit.row.enterParams.keys()) if (!exit.has(name)) return exit.isExit;
  return false;
}
