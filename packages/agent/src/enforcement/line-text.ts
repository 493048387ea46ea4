import { type EffectiveLine, FILE_OPERATIONS, peerKey } from '@runward/policy';

/** A line in short, for tables: what it is about, not everything it says. */
export function lineText({ terms, section }: EffectiveLine): string {
  switch (terms.kind) {
    case 'process':
      return terms.line.pattern.text;
    case 'file': {
      const { pattern, operations } = terms.line;
      return operations.length === FILE_OPERATIONS.length
        ? pattern.text
        : `${pattern.text} (${operations.join(' ')})`;
    }
    case 'network': {
      const { operation, families, protocols, cidrs, peers, ports } = terms.line;
      const ranges = ports.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
      return [operation, ...protocols, ...families, ...cidrs, ...peers.map(peerKey), ...ranges].join(' ');
    }
    case 'name':
      return terms.line.name;
    case 'setting':
      return terms.setting;
    case 'direction':
      return terms.direction;
    case 'limit':
      return `limit of ${terms.limited} (${terms.perSecond} a second)`;
    case 'default':
      return `default of ${section}`;
  }
}
