import { eventTypeByName } from '../event-types.js';
import type { AccountNames, ContainerInfo, ProcessInfo } from '../model.js';
import type { EventView } from '../view.js';
import { testAccounts, testProcess } from './model.js';

/** What a test says about an event; everything else has a quiet default. */
export type TestEvent = Partial<Omit<EventView, 'typeId' | 'typeName' | 'arg' | 'arg64' | 'argInt'>> & {
  /** Name of the event type, `openat` unless given. */
  readonly type?: string;
  /** Registers as passed; negative numbers stand for their 64-bit two's complement. */
  readonly args?: readonly (number | bigint)[];
  readonly paths?: readonly (string | undefined)[];
  readonly rawPaths?: readonly (string | undefined)[];
  readonly hostPaths?: readonly (string | undefined)[];
  readonly texts?: readonly (string | undefined)[];
};

const DEFAULTS = {
  number: 1,
  cpu: 0,
  timeNs: 1_800_000_000_123_456_789n,
  flags: 0,
  result: 0,
  container: undefined as ContainerInfo | undefined,
  accounts: testAccounts as AccountNames,
  hostname: 'test-host',
  objectKind: 'none',
  fd: undefined,
  inode: undefined,
  deviceMajor: 0,
  deviceMinor: 0,
  fileMode: 0,
  fileUid: undefined,
  openFlags: 0,
  openMode: 0,
  openCreated: false,
  openedExec: false,
  socketFamily: undefined,
  socketType: undefined,
  transport: '',
  localIp: undefined,
  localPort: undefined,
  remoteIp: undefined,
  remotePort: undefined,
  callerIp: undefined,
  callerPort: undefined,
  isServer: undefined,
  socketConnected: false,
  unixPath: undefined,
  data: undefined,
  execFailed: false,
  childPid: undefined,
} as const satisfies Partial<EventView>;

/**
 * An event for tests: a view over plain data instead of ring memory. Throws on an unknown event type.
 *
 * @example testView({ type: 'openat', paths: ['/etc/shadow'], fd: 3, objectKind: 'file' })
 */
export function testView(event: TestEvent = {}): EventView {
  const { type = 'openat', args = [], paths, rawPaths, hostPaths, texts, ...facts } = event;
  const eventType = eventTypeByName.get(type);
  if (eventType === undefined) throw new TypeError(`no event type is called ${type}`);
  const process: ProcessInfo = facts.process ?? testProcess();
  const register = (index: number): bigint => BigInt.asUintN(64, BigInt(args[index] ?? 0));
  return {
    ...DEFAULTS,
    pid: process.pid,
    tid: process.pid,
    ...facts,
    process,
    typeId: eventType.id,
    typeName: eventType.name,
    arg: (index) => Number(register(index)),
    arg64: register,
    argInt: (index) => Number(BigInt.asIntN(32, register(index))),
    path: (operand) => facts.path?.(operand) ?? paths?.[operand],
    rawPath: (operand) => facts.rawPath?.(operand) ?? rawPaths?.[operand],
    hostPath: (operand) => facts.hostPath?.(operand) ?? hostPaths?.[operand],
    text: (operand) => facts.text?.(operand) ?? texts?.[operand],
  };
}
