import { indexOf } from '../incident/draft-index.js';
import type { Draft, Incident } from '../incident/incident.js';
import type { Sighting } from '../sighting/sighting.js';

/** How a detection may belong to an incident. */
export type Link = 'container' | 'repeat' | 'ancestry';

const repeatKey = (workload: string, rule: string): string => `${workload}\0${rule}`;

/** Which incident was the last to have a container, a rule in a workload, a process. As large as the incidents are. */
export class Links {
  readonly #containers = new Map<string, string>();
  readonly #repeats = new Map<string, string>();
  readonly #processes = new Map<string, string>();

  /** Ids of incidents a detection may belong to, the closest kin first. */
  *of({ container, entry, chain }: Sighting): Generator<readonly [Link, string]> {
    const sameContainer = container.id === '' ? undefined : this.#containers.get(container.id);
    if (sameContainer !== undefined) yield ['container', sameContainer];
    // Its ancestors alone: a process itself stays in its container, and its number comes to be another's.
    for (const { key } of chain.slice(1)) {
      const sameTree = this.#processes.get(key);
      if (sameTree !== undefined) yield ['ancestry', sameTree];
    }
    const sameThing = this.repeatOf({ container, entry });
    if (sameThing !== undefined) yield ['repeat', sameThing];
  }

  /** The incident of that rule in that workload, and nothing else. */
  repeatOf({ container, entry }: Pick<Sighting, 'container' | 'entry'>): string | undefined {
    return this.#repeats.get(repeatKey(container.workload, entry.rule));
  }

  /** Only what the incident itself keeps, so that this is no larger than they are. */
  note(incident: Draft, { container, entry, chain }: Sighting): void {
    const { id, rules, workloads, containers } = incident;
    if (workloads.includes(container.workload) && rules.some(({ rule }) => rule === entry.rule))
      this.#repeats.set(repeatKey(container.workload, entry.rule), id);
    if (container.id !== '' && containers.some((known) => known.id === container.id))
      this.#containers.set(container.id, id);
    const [actor] = chain;
    // Of the host everything descends from the first process.
    if (actor !== undefined && actor.pid > 1 && indexOf(incident).processes.has(actor.key))
      this.#processes.set(actor.key, id);
  }

  /** What an incident that was read knows. */
  restore(incident: Incident): void {
    const { id } = incident;
    for (const { rule } of incident.rules)
      for (const workload of incident.workloads) this.#repeats.set(repeatKey(workload, rule), id);
    for (const container of incident.containers)
      if (container.id !== '') this.#containers.set(container.id, id);
    for (const process of incident.processes)
      if (process.rules.length > 0 && process.pid > 1) this.#processes.set(process.key, id);
  }

  forget(incident: Incident): void {
    const drop = (map: Map<string, string>, key: string): void => {
      if (map.get(key) === incident.id) map.delete(key);
    };
    for (const { rule } of incident.rules)
      for (const workload of incident.workloads) drop(this.#repeats, repeatKey(workload, rule));
    for (const { id } of incident.containers) drop(this.#containers, id);
    for (const { key } of incident.processes) drop(this.#processes, key);
  }

  /** Names that are known, of all kinds. */
  get size(): number {
    return this.#containers.size + this.#repeats.size + this.#processes.size;
  }
}
