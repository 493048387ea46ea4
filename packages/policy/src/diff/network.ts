import { parseNetwork } from '@runward/core';
import type { NetworkAction } from '../decide/action.js';
import { decide } from '../decide/decide.js';
import type { EffectivePolicy } from '../decide/effective.js';
import { peerKey } from '../decide/peers.js';
import {
  NETWORK_FAMILIES,
  NETWORK_OPERATIONS,
  NETWORK_PROTOCOLS,
  type NetworkFamily,
  type NetworkLine,
  type NetworkOperation,
} from '../model/policy.js';
import { programsOf } from './contexts.js';
import type { Comparison } from './difference.js';
import { Differences } from './gather.js';

const MAX_KINDS = 32;
const MAX_TRIED = 2_000_000;

/** One action of each kind that the lines of both tell apart is tried. */
export function compareNetwork(a: EffectivePolicy, b: EffectivePolicy): Comparison {
  const lines = [a, b].flatMap((effective) =>
    (effective.sections.get('network')?.lines ?? []).flatMap(({ terms }) =>
      terms.kind === 'network' || terms.kind === 'direction' ? [terms.line] : [],
    ),
  );
  const limits: string[] = [];
  const programs = programsOf(
    lines.map(({ from }) => from).filter((from) => from.length > 0),
    MAX_KINDS,
  );
  if (programs === undefined)
    limits.push(`network: more than ${MAX_KINDS} kinds of programs; compared for any other alone`);
  const differences = new Differences('network');
  let tried = 0;
  for (const action of actionsOf(lines, programs ?? [''])) {
    tried += 1;
    if (tried > MAX_TRIED) {
      limits.push(`network: only the first ${MAX_TRIED} kinds of actions were tried`);
      break;
    }
    const what = action.operation === 'create' ? `socket ${action.family}` : action.operation;
    differences.compare(decide(a, action).watched, decide(b, action).watched, what, action.by, () => action);
  }
  return { changes: differences.changes, limits };
}

function* actionsOf(lines: readonly NetworkLine[], programs: readonly string[]): Generator<NetworkAction> {
  const ports = portsOf(lines);
  for (const by of programs)
    for (const operation of NETWORK_OPERATIONS)
      for (const family of NETWORK_FAMILIES) {
        for (const protocol of isIp(family) ? NETWORK_PROTOCOLS : [undefined]) {
          const action = { kind: 'network', operation, family, by, ...(protocol && { protocol }) } as const;
          if (operation === 'create' || !isIp(family)) yield action;
          else {
            for (const address of addressesOf(lines, family))
              for (const port of ports) yield { ...action, address, port };
            for (const remote of remotesOf(lines, operation))
              for (const port of ports) yield { ...action, address: OUTSIDE[family], remote: [remote], port };
          }
        }
      }
}

const isIp = (family: NetworkFamily): family is 'ipv4' | 'ipv6' => family === 'ipv4' || family === 'ipv6';

/** One port of each range that lines tell apart; one that is plain to see first. */
function portsOf(lines: readonly NetworkLine[]): readonly number[] {
  const starts = lines.flatMap(({ ports }) => ports.flatMap(({ first, last }) => [first, last + 1]));
  return [...new Set([443, 0, ...starts])].filter((port) => port <= 65_535);
}

const OUTSIDE = { ipv4: '93.184.216.34', ipv6: '2606:2800:220::1' } as const;

/** Each peer that a line names, wherever it may be. */
const remotesOf = (lines: readonly NetworkLine[], operation: NetworkOperation): readonly string[] => [
  ...new Set(lines.flatMap((line) => (line.operation === operation ? line.peers.map(peerKey) : []))),
];

/** One address of each range that networks tell apart, one outside of private networks first. */
function addressesOf(lines: readonly NetworkLine[], family: 'ipv4' | 'ipv6'): readonly string[] {
  const words = family === 'ipv4' ? 1 : 4;
  const size = BigInt(words * 32);
  const starts = lines.flatMap(({ cidrs, except }) =>
    [...cidrs, ...except].flatMap((cidr) => {
      const network = parseNetwork(cidr);
      if (network?.words.length !== words) return [];
      const first = network.words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
      const after = first + (1n << (size - BigInt(network.bits)));
      return after < 1n << size ? [first, after] : [first];
    }),
  );
  return [OUTSIDE[family], ...[...new Set([0n, ...starts])].map((value) => addressText(value, words))];
}

function addressText(value: bigint, words: number): string {
  if (words === 1) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  return Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(
    ':',
  );
}
