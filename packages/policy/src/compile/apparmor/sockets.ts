import type { NetworkFamily, NetworkProtocol } from '../../model/policy.js';
import type { Shortfalls } from '../export/exported.js';
import { reasonOf } from '../export/reasons.js';
import { isInternet, type SocketVerdict, socketTable } from '../export/socket-table.js';
import { defaultDenial, type ExportSubject, linesOf } from '../export/subject.js';
import type { RuleGroup } from './rule.js';

const FAMILIES: Readonly<Record<Exclude<NetworkFamily, 'other'>, string>> = {
  ipv4: 'inet',
  ipv6: 'inet6',
  unix: 'unix',
  netlink: 'netlink',
  packet: 'packet',
};
/** Those without a name in policies that parsers since AppArmor 2.11 know and kernels still have. */
const OTHERS = ['alg', 'bluetooth', 'can', 'key', 'llc', 'pppox', 'rds', 'rxrpc', 'tipc', 'vsock', 'kcm'];
/** The profile sees the type of a socket, not its protocol. */
const TYPES: Readonly<Record<NetworkProtocol, readonly string[]>> = {
  tcp: ['stream'],
  udp: ['dgram'],
  raw: ['raw'],
  sctp: ['stream', 'seqpacket'],
  icmp: ['dgram'],
};
/** What else has the type: denying the one by its type would take the other. */
const SHARED: ReadonlySet<NetworkProtocol> = new Set(['sctp', 'icmp']);

export function networkRules(subject: ExportSubject, shortfalls: Shortfalls): readonly RuleGroup[] {
  const table = socketTable(subject, shortfalls);
  for (const line of linesOf(subject, 'network'))
    if (
      line.terms.kind === 'network' &&
      (line.terms.line.cidrs.length > 0 || line.terms.line.ports.length > 0)
    )
      shortfalls.wider(line, 'addresses and ports');
  const denies = defaultDenial(subject, 'network');
  const allowed = table.filter((kind) => kind.allowed);
  if (denies !== undefined) {
    const types = new Set(allowed.flatMap(({ protocol }) => (protocol === undefined ? [] : TYPES[protocol])));
    const isMixed = table.some(
      (kind) => !kind.allowed && kind.protocol && TYPES[kind.protocol].some((type) => types.has(type)),
    );
    if (isMixed) shortfalls.wider(denies, 'protocols of one type apart (TCP from SCTP, UDP from ICMP)');
    return kinds(allowed, table).map((kind) => group(kind, ''));
  }
  const denied = kinds(
    table.filter((kind) => !kind.allowed),
    table,
  );
  const everything = { comment: 'sockets: what no rule denies is allowed', rules: ['network'] };
  return [
    everything,
    ...denied.flatMap((kind) => {
      if (
        kind.line === undefined ||
        !(kind.protocol !== undefined && SHARED.has(kind.protocol) && !kind.isWhole)
      )
        return [group(kind, 'deny ')];
      shortfalls.wider(kind.line, 'protocols of one type apart (TCP from SCTP, UDP from ICMP)');
      return [];
    }),
  ];
}

type Kind = SocketVerdict & { readonly isWhole: boolean };

/** A family of which every kind is meant is one; protocols without a name have no type to go by. */
function kinds(some: readonly SocketVerdict[], table: readonly SocketVerdict[]): readonly Kind[] {
  const count = (list: readonly SocketVerdict[], family: NetworkFamily): number =>
    list.filter((kind) => kind.family === family).length;
  const seen = new Set<NetworkFamily>();
  return some.flatMap((kind): readonly Kind[] => {
    if (count(some, kind.family) < count(table, kind.family))
      return kind.protocol === undefined ? [] : [{ ...kind, isWhole: false }];
    if (seen.has(kind.family)) return [];
    seen.add(kind.family);
    return [{ ...kind, isWhole: true }];
  });
}

function group({ family, protocol, isWhole, line }: Kind, verdict: '' | 'deny '): RuleGroup {
  const names = family === 'other' ? OTHERS : [FAMILIES[family]];
  const types =
    isWhole || !isInternet(family) || protocol === undefined
      ? ['']
      : TYPES[protocol].map((type) => ` ${type}`);
  const what = isWhole ? family : `${family} ${protocol}`;
  return {
    comment: `sockets (${what}): ${line === undefined ? 'nothing denies them' : reasonOf(line)}`,
    rules: names.flatMap((name) => types.map((type) => `${verdict}network ${name}${type}`)),
  };
}
