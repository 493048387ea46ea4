import type { ContainerEnd } from '@runward/flows';
import type { FlowEnd } from '@runward/protocol';
import type { RecordedFlow } from './recorded-flow.js';

interface Owner {
  readonly name: string;
  readonly container: ContainerEnd;
}

const LOOPBACK = /^(?:127\.|::1$|0\.0\.0\.0$|::$)/;

export function containerEnd({ container }: FlowEnd): ContainerEnd | undefined {
  if (container === null) return undefined;
  const { id, name, image, workload, pod } = container;
  return { id, name, image, workload, pod: pod === null ? undefined : pod };
}

/**
 * Who has which address in a cluster, from what the nodes tell of their own containers: a node does not know those of others. Only
 * of flows that whoever asks may see.
 */
export class AddressBook {
  /** null: several workloads have it, such as those on a host's network. */
  readonly #owners = new Map<string, Owner | null>();

  constructor(flows: Iterable<RecordedFlow>) {
    for (const { cluster, body } of flows) {
      const container = containerEnd(body.self);
      if (container === undefined) continue;
      for (const address of body.self.addresses)
        if (!LOOPBACK.test(address)) this.#note(`${cluster} ${address}`, { name: body.self.name, container });
    }
  }

  #note(key: string, owner: Owner): void {
    const known = this.#owners.get(key);
    if (known === undefined) this.#owners.set(key, owner);
    else if (known !== null && known.container.workload !== owner.container.workload)
      this.#owners.set(key, null);
  }

  /** The one workload that has all of these. */
  find(cluster: string, addresses: readonly string[]): Owner | undefined {
    const owners = addresses.map((address) => this.#owners.get(`${cluster} ${address}`) ?? undefined);
    const [first] = owners;
    return owners.every((owner) => owner?.container.workload === first?.container.workload)
      ? first
      : undefined;
  }
}
