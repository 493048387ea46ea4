import type { Network } from '@runward/core';
import type { EffectiveLine } from '../../decide/effective.js';
import { familiesOf } from '../../decide/network.js';
import { networksOf } from '../../decide/peers.js';
import type { NetworkLine, NetworkProtocol, PortRange } from '../../model/policy.js';
import { type Exported, nothingToSay, Shortfalls } from '../export/exported.js';
import { commentLines, reasonOf } from '../export/reasons.js';
import { defaultDenial, directionDenial, type ExportSubject, linesOf } from '../export/subject.js';
import { cidrText, isIpv4 } from '../network-policy/networks.js';

const FORMAT = 'a ruleset of nftables';

const DIRECTIONS = [
  { name: 'egress', operation: 'connect', hook: 'output', remote: 'daddr' },
  { name: 'ingress', operation: 'accept', hook: 'input', remote: 'saddr' },
] as const;
type Direction = (typeof DIRECTIONS)[number];

/** A ruleset for the network namespace of a container: `nft -f` loads it, in place of what it loaded before. */
export function exportNftables(subject: ExportSubject): Exported {
  if (linesOf(subject, 'network').length === 0) return nothingToSay(subject, FORMAT, ['network']);
  const shortfalls = new Shortfalls();
  shortfalls.limits(linesOf(subject, 'network'));
  const chains = DIRECTIONS.flatMap((direction) => chainOf(subject, direction, shortfalls));
  if (chains.length === 0) return nothingToSay(subject, FORMAT, ['network']);
  const table = `inet runward_${subject.name.replace(/[^a-z0-9]/g, '_')}`;
  const text = [
    ...commentLines(
      `Made by runward from ${subject.effective.policies.map(({ name }) => name).join(', ')}.`,
      '#',
    ),
    ...commentLines(
      'To be loaded in the network namespace of the container: nsenter --net=… nft -f FILE',
      '#',
    ),
    `table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    '\tchain refuse {',
    '\t\tmeta l4proto tcp counter reject with tcp reset',
    '\t\tcounter reject with icmpx admin-prohibited',
    '\t}',
    ...chains,
    '}',
    '',
  ].join('\n');
  return { text, diagnostics: shortfalls.diagnostics(FORMAT) };
}

function chainOf(subject: ExportSubject, direction: Direction, shortfalls: Shortfalls): readonly string[] {
  const { name, operation, hook } = direction;
  const rules = linesOf(subject, 'network').flatMap((line) =>
    line.terms.kind === 'network' && line.terms.line.operation === operation
      ? rulesOf(line, line.terms.line, direction, shortfalls)
      : [],
  );
  const fallback =
    directionDenial(subject, name) ?? (name === 'egress' ? defaultDenial(subject, 'network') : undefined);
  if (rules.length === 0 && fallback === undefined) return [];
  const last =
    fallback === undefined ? [] : [...commentLines(reasonOf(fallback), '\t\t#'), '\t\tgoto refuse'];
  const device = hook === 'output' ? 'oifname' : 'iifname';
  return [
    `\tchain ${name} {`,
    `\t\ttype filter hook ${hook} priority filter; policy accept;`,
    `\t\t${device} "lo" accept`,
    // What was allowed to begin is answered; IPv6 finds its neighbours by ICMP.
    '\t\tct direction reply accept',
    '\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept',
    ...rules,
    ...last,
    '\t}',
  ];
}

function rulesOf(
  line: EffectiveLine,
  terms: NetworkLine,
  direction: Direction,
  shortfalls: Shortfalls,
): readonly string[] {
  const denies = line.verdict === 'deny';
  if (terms.from.length > 0) {
    shortfalls.wider(line, 'which program connects (`from`)');
    if (denies) return [];
  }
  const isFixed = terms.peers.every((peer) => peer.kind === 'named' && peer.name === 'metadata');
  if (!isFixed && denies) shortfalls.wider(line, 'peers that are no addresses');
  else if (!isFixed) shortfalls.narrower(line, 'peers that are no addresses');
  const carried = carriedBy(terms.protocols, terms.ports);
  if (carried === undefined) {
    const what = 'raw sockets: it sees the protocol of a packet';
    if (denies) shortfalls.wider(line, what);
    else shortfalls.narrower(line, what);
    return [];
  }
  const where = remotes(terms, direction);
  if (where.length === 0) return [];
  const verdict = denies ? 'goto refuse' : 'counter accept';
  return [
    ...commentLines(reasonOf(line), '\t\t#'),
    ...where.map((match) => `\t\t${[match, carried, verdict].filter((part) => part !== '').join(' ')}`),
  ];
}

/** Of each family what matches the far end; nothing where the line is about nobody there. */
function remotes(terms: NetworkLine, { remote }: Direction): readonly string[] {
  const families = familiesOf(terms) ?? ['ipv4', 'ipv6'];
  const networks = networksOf(terms);
  if (networks === undefined) {
    const [v4, v6] = [families.includes('ipv4'), families.includes('ipv6')];
    if (v4 && v6) return [''];
    return v4 ? ['meta nfproto ipv4'] : v6 ? ['meta nfproto ipv6'] : [];
  }
  const of = (word: string, list: readonly Network[]): readonly string[] =>
    list.length === 0 ? [] : [`${word} ${remote} ${setOf(list.map(cidrText))}`];
  return [
    ...of('ip', families.includes('ipv4') ? networks.filter(isIpv4) : []),
    ...of('ip6', families.includes('ipv6') ? networks.filter((each) => !isIpv4(each)) : []),
  ];
}

const PROTOCOLS: Readonly<Partial<Record<NetworkProtocol, readonly string[]>>> = {
  tcp: ['tcp'],
  udp: ['udp'],
  sctp: ['sctp'],
  icmp: ['icmp', 'ipv6-icmp'],
};

/** '' for anything; undefined where nothing that is asked for can be seen. */
function carriedBy(protocols: readonly NetworkProtocol[], ports: readonly PortRange[]): string | undefined {
  const named = protocols.flatMap((protocol) => PROTOCOLS[protocol] ?? []);
  const carriers = ports.length === 0 ? named : (named.length > 0 ? named : ['tcp', 'udp', 'sctp']).filter((name) => !name.includes('icmp')); // biome-ignore format: a choice
  if (protocols.length > 0 && carriers.length === 0) return undefined;
  const l4 = carriers.length === 0 ? '' : `meta l4proto ${setOf(carriers)}`;
  if (ports.length === 0) return l4;
  const ranges = ports.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  return `${l4} th dport ${setOf(ranges)}`;
}

const setOf = (items: readonly string[]): string => `{ ${[...new Set(items)].join(', ')} }`;
