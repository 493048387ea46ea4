import { asksForPeers, type EffectivePolicy, resolvePeers } from '@runward/policy';
import type { Groups } from './host-groups.js';
import { insiderOf } from './insider.js';
import type { KnownContainer } from './known-containers.js';
import { Addresses, type AddressSource, type Neighbour } from './peers.js';
import type { Selections } from './selections.js';

/** Policies with the addresses that their peers have now. */
export class PeerResolution {
  readonly #source: AddressSource;

  constructor(source: AddressSource) {
    this.#source = source;
  }

  resolve(
    known: KnownContainer,
    effective: EffectivePolicy,
    everybody: readonly KnownContainer[],
    groups: Groups | undefined,
  ): EffectivePolicy {
    if (groups === undefined || !asksForPeers(effective)) return effective;
    return this.#resolve(known, effective, neighboursOf(everybody, groups));
  }

  /** Those whose policies would have other addresses than are in force. */
  moved(
    everybody: readonly KnownContainer[],
    groups: Groups,
    selections: Selections,
  ): readonly KnownContainer[] {
    const asking = everybody.flatMap((known) => {
      const effective = selections.for(known.workload);
      const isAsking = effective !== undefined && known.resolvedId !== undefined && asksForPeers(effective);
      return isAsking ? [{ known, effective }] : [];
    });
    if (asking.length === 0) return [];
    const neighbours = neighboursOf(everybody, groups);
    return asking.flatMap(({ known, effective }) =>
      this.#resolve(known, effective, neighbours).id === known.resolvedId ? [] : [known],
    );
  }

  #resolve(
    known: KnownContainer,
    effective: EffectivePolicy,
    neighbours: readonly Neighbour[],
  ): EffectivePolicy {
    const self = neighbours.find((each) => each.known === known) ?? { known, pid: undefined };
    return resolvePeers(effective, new Addresses(this.#source, neighbours).bookFor(self));
  }
}

const neighboursOf = (everybody: readonly KnownContainer[], groups: Groups): readonly Neighbour[] =>
  everybody.map((known) => ({ known, pid: insiderOf(known, groups) }));
