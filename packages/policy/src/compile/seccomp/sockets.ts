import type { EffectiveLine } from '../../decide/effective.js';
import type { NetworkFamily, NetworkProtocol } from '../../model/policy.js';
import type { Shortfalls } from '../export/exported.js';
import { reasonOf } from '../export/reasons.js';
import { isInternet, type SocketVerdict } from '../export/socket-table.js';
import {
  EPERM,
  equal,
  masked,
  type SeccompAction,
  type SeccompArgument,
  type SeccompRule,
} from './filter.js';

/** include/linux/socket.h */
const NUMBERS: Readonly<Partial<Record<NetworkFamily, number>>> = {
  unix: 1,
  ipv4: 2,
  ipv6: 10,
  netlink: 16,
  packet: 17,
};
/** AF_MAX of Linux 6.12: a kernel has no family from here on. */
const FAMILIES_END = 46;
const OTHERS = Array.from({ length: FAMILIES_END }, (_, number) => number).filter(
  (number) => !Object.values(NUMBERS).includes(number),
);

const [STREAM, DGRAM, RAW, SEQPACKET, PACKET] = [1, 2, 3, 5, 10];
/** Types of sockets a protocol has, and its numbers (include/uapi/linux/in.h); 0 stands for the type's own. */
const SHAPES: Readonly<
  Record<NetworkProtocol, readonly (readonly [type: number, protocols: readonly number[]])[]>
> = {
  tcp: [[STREAM, [0, 6, 262]]],
  udp: [[DGRAM, [0, 17, 136]]],
  icmp: [[DGRAM, [1, 58]]],
  sctp: [
    [STREAM, [132]],
    [SEQPACKET, [132]],
  ],
  raw: [
    [RAW, []],
    [PACKET, []],
  ],
};

const TYPE_BITS = 0xf;
/** The kernel takes the numbers for 32 bits wide, a filter compares all 64: what denies must not look at the rest. */
const WORD = 0xffff_ffff;

const CALLS = ['socket', 'socketpair'] as const;

/** Rules for the calls that make sockets. `open`: what no rule is about happens, so that rules deny. */
export function socketRules(
  table: readonly SocketVerdict[],
  open: boolean,
  action: Exclude<SeccompAction, 'SCMP_ACT_ALLOW'>,
  shortfalls: Shortfalls,
): readonly SeccompRule[] {
  const wanted = table.filter(({ allowed }) => allowed !== open);
  const is = open ? (index: number, value: number) => masked(index, WORD, value) : equal;
  const outcome = open ? denied(action) : { action: 'SCMP_ACT_ALLOW' as const };
  return wholeFamilies(table, wanted).flatMap(({ line, family, protocol }) => {
    const comment = `sockets (${kindText(family, protocol)}): ${line === undefined ? 'nothing denies them' : reasonOf(line)}`;
    const conditions = conditionsOf(family, protocol, is, open);
    if (conditions === undefined && line !== undefined) other(line, open, shortfalls);
    return (conditions ?? []).map((args) => ({ comment, names: CALLS, ...outcome, args }));
  });
}

export const denied = (action: Exclude<SeccompAction, 'SCMP_ACT_ALLOW'>) =>
  action === 'SCMP_ACT_ERRNO' ? { action, errnoRet: EPERM } : { action };

function other(line: EffectiveLine, open: boolean, shortfalls: Shortfalls): void {
  const what = 'protocols of the internet that policies have no name for';
  if (open) shortfalls.wider(line, what);
  else shortfalls.narrower(line, what);
}

const ALL = 'all';
type Kind = Omit<SocketVerdict, 'allowed' | 'protocol'> & {
  readonly protocol: NetworkProtocol | typeof ALL | undefined;
};

/** A family of which every kind is wanted needs no more than its number. */
function wholeFamilies(table: readonly SocketVerdict[], wanted: readonly SocketVerdict[]): readonly Kind[] {
  const count = (kinds: readonly SocketVerdict[], family: NetworkFamily): number =>
    kinds.filter((kind) => kind.family === family).length;
  return [...new Set(wanted.map(({ family }) => family))].flatMap((family): readonly Kind[] => {
    const kinds = wanted.filter((kind) => kind.family === family);
    const [first] = kinds;
    if (first === undefined || kinds.length < count(table, family)) return kinds;
    return [{ family, line: first.line, protocol: ALL }];
  });
}

const kindText = (family: NetworkFamily, protocol: Kind['protocol']): string =>
  protocol === ALL ? family : `${family} ${protocol ?? 'other'}`;

type Equals = (index: number, value: number) => SeccompArgument;

/** Argument lists, any of which describes the kind; undefined when none can. */
function conditionsOf(
  family: NetworkFamily,
  protocol: Kind['protocol'],
  is: Equals,
  open: boolean,
): readonly (readonly SeccompArgument[])[] | undefined {
  const number = NUMBERS[family];
  if (number === undefined) return otherFamilies(is, open);
  if (protocol === ALL || !isInternet(family)) return [[is(0, number)]];
  if (protocol === undefined) return undefined;
  return SHAPES[protocol].flatMap(([type, protocols]) => {
    const base = [is(0, number), masked(1, TYPE_BITS, type)];
    return protocols.length === 0 ? [base] : protocols.map((each) => [...base, is(2, each)]);
  });
}

/** All that have no name in policies. Denying, those that no kernel has yet are among them. */
const otherFamilies = (is: Equals, open: boolean): readonly (readonly SeccompArgument[])[] => [
  ...OTHERS.map((number) => [is(0, number)]),
  ...(open ? [[{ index: 0, value: FAMILIES_END, valueTwo: 0, op: 'SCMP_CMP_GE' } as const]] : []),
];
