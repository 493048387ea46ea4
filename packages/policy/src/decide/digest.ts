import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { SectionName } from '../model/policy.js';
import type { EffectiveSection, LineTerms } from './effective.js';
import { peerKey } from './peers.js';

const encoder = new TextEncoder();

/** Hex digest of all that decides. Lines are hashed one by one: a policy may have many. */
export function digestOf(sections: ReadonlyMap<SectionName, EffectiveSection>): string {
  const hash = sha256.create();
  const add = (value: unknown): void => void hash.update(encoder.encode(`${JSON.stringify(value)}\n`));
  for (const [name, { lines, enforced, response, onFailure, onMissing }] of sections) {
    add([name, enforced, response, onFailure, onMissing]);
    for (const { id, verdict, mode, policy, terms } of lines)
      add([id, verdict, mode, policy, ...deciding(terms)]);
  }
  return bytesToHex(hash.digest());
}

/** The parts of a line that decide, in a fixed order. */
function deciding(terms: LineTerms): readonly unknown[] {
  switch (terms.kind) {
    case 'process': {
      const { pattern, except, sha256: digests, arguments: args, ancestors } = terms.line;
      return ['process', paths([pattern]), paths(except), digests, args, paths(ancestors)];
    }
    case 'file': {
      const { pattern, except, operations, ownerOnly, from } = terms.line;
      return ['file', paths([pattern]), paths(except), operations, ownerOnly, paths(from)];
    }
    case 'network': {
      const { operation, families, protocols, cidrs, except, peers, resolved, ports, from } = terms.line;
      const ranges = ports.map(({ first, last }) => [first, last]);
      const who = [cidrs, except, peers.map(peerKey), resolved ?? null];
      return ['network', operation, families, protocols, who, ranges, paths(from)];
    }
    case 'direction':
      return ['direction', terms.direction];
    case 'limit':
      return ['limit', terms.limited, terms.perSecond];
    case 'name':
      return ['name', terms.line.name];
    case 'setting':
      return ['setting', terms.setting];
    case 'default':
      return ['default'];
  }
}

const paths = (patterns: readonly { readonly kind: string; readonly text: string }[]): readonly unknown[] =>
  patterns.map(({ kind, text }) => [kind, text]);
