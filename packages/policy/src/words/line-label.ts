import type { EffectiveLine } from '../decide/effective.js';
import { peerKey } from '../decide/peers.js';
import type { NetworkLine } from '../model/policy.js';

/**
 * A line by what it is about: `file deny /etc/ld.so.preload`, `kernelSurface deny bpf`, `process drift`,
 * `capabilities default`. Stays when lines move; two lines about the same, told apart by conditions only, share one.
 */
export function lineLabel({ section, verdict, terms }: EffectiveLine): string {
  switch (terms.kind) {
    case 'default':
      return `${section} default`;
    case 'direction':
      return `${section} ${terms.direction}`;
    case 'limit':
      return `${section} limit of ${terms.limited}`;
    case 'setting':
      return `${section} ${terms.setting}`;
    case 'name':
      return `${section} ${verdict} ${terms.line.name}`;
    case 'process':
    case 'file':
      return `${section} ${verdict} ${terms.line.pattern.text}`;
    case 'network':
      return `${section} ${verdict} ${networkWords(terms.line)}`;
  }
}

/** `connect ipv4 tcp 10.0.0.0/8 443`: what is given, in this order. */
export const networkWords = ({
  operation,
  families,
  protocols,
  cidrs,
  except,
  peers,
  ports,
}: NetworkLine): string =>
  [
    operation,
    families.join(','),
    protocols.join(','),
    [...cidrs, ...peers.map(peerKey)].join(','),
    except.length === 0 ? '' : `except ${except.join(',')}`,
    ports.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(','),
  ]
    .filter((part) => part !== '')
    .join(' ');
