import type { FleetNode } from '../link/fleetwork.js';
import { fits } from '../telemetry/fits.js';
import type { Arrival, StoredRecord, Telemetry, TelemetryFilter } from '../telemetry/telemetry.js';

/** What came at once and is told one by one; of more it is told that it came. */
const MOST_AT_ONCE = 200;
/** What is told again to whoever was away. */
const MOST_AGAIN = 500;
/** How often nodes are compared with what they were. */
const FLEET_MS = 2_000;

export type LiveNews =
  | { readonly event: 'record'; readonly record: StoredRecord; readonly position: number }
  | { readonly event: 'missed'; readonly count: number; readonly position: number }
  | { readonly event: 'nodes'; readonly nodes: readonly string[] };

export interface Watch {
  /** Asked each time: what somebody may see can change. */
  readonly filter: () => TelemetryFilter;
  readonly sees: (node: FleetNode) => boolean;
  readonly tell: (news: LiveNews) => void;
  /** Where it ended before; undefined: from now on. */
  readonly after: number | undefined;
}

interface Watcher extends Watch {
  /** What came while it is read what was missed; undefined: nothing is read. */
  early: Arrival[] | undefined;
}

/** Tells whoever watches what nodes tell and how they are, when it comes. */
export class Live {
  readonly #telemetry: Telemetry;
  readonly #nodes: () => readonly FleetNode[];
  readonly #watchers = new Set<Watcher>();
  readonly #say: (message: string) => void;
  #known = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #unfollow: (() => void) | undefined;

  constructor(
    telemetry: Telemetry,
    nodes: () => readonly FleetNode[],
    say: (message: string) => void = () => undefined,
  ) {
    this.#telemetry = telemetry;
    this.#nodes = nodes;
    this.#say = say;
  }

  get count(): number {
    return this.#watchers.size;
  }

  /** From where on it is told: what came before is in the lists. */
  get position(): number {
    return this.#telemetry.position;
  }

  /** Returns what ends it. What was missed is told first, before anything that comes. */
  watch(watch: Watch): () => void {
    const watcher: Watcher = { ...watch, early: watch.after === undefined ? undefined : [] };
    this.#watchers.add(watcher);
    this.#begin();
    if (watch.after !== undefined) void this.#again(watcher, watch.after);
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#rest();
    };
  }

  #begin(): void {
    if (this.#timer !== undefined) return;
    this.#known = this.#sightings();
    this.#timer = setInterval(() => this.#compare(), FLEET_MS).unref();
    this.#unfollow = this.#telemetry.follow((arrivals) => {
      for (const watcher of this.#watchers) this.#deliver(watcher, arrivals);
    });
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  #deliver(watcher: Watcher, arrivals: readonly Arrival[]): void {
    const filter = watcher.filter();
    const seen = arrivals.filter(({ record }) => fits(filter, record));
    const last = seen.at(-1);
    if (last === undefined) return;
    if (watcher.early !== undefined && watcher.early.length + seen.length <= MOST_AGAIN)
      watcher.early.push(...seen);
    else if (watcher.early === undefined && seen.length <= MOST_AT_ONCE)
      for (const { record, position } of seen) watcher.tell({ event: 'record', record, position });
    else watcher.tell({ event: 'missed', count: seen.length, position: last.position });
  }

  async #again(watcher: Watcher, after: number): Promise<void> {
    // A position that was not given out yet is of another store: nothing is known of what was missed.
    const until = this.#telemetry.position;
    try {
      const { condition: _, ...labels } = watcher.filter();
      const missed = after > until ? undefined : await this.#telemetry.since(labels, after, MOST_AGAIN + 1);
      const early = (watcher.early ?? []).filter(({ position }) => position > until);
      watcher.early = undefined;
      if (missed === undefined || missed.length > MOST_AGAIN)
        watcher.tell({ event: 'missed', count: missed?.length ?? 0, position: until });
      else
        for (const { record, position } of missed)
          if (position <= until && fits(watcher.filter(), record))
            watcher.tell({ event: 'record', record, position });
      for (const { record, position } of early) watcher.tell({ event: 'record', record, position });
    } catch (error) {
      watcher.early = undefined;
      this.#say(
        `what a page missed cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
      watcher.tell({ event: 'missed', count: 0, position: until });
    }
  }

  #sightings(): Map<string, string> {
    return new Map(this.#nodes().map((node) => [node.id, textOf(node)]));
  }

  #compare(): void {
    const nodes = this.#nodes();
    const changed = nodes.filter((node) => this.#known.get(node.id) !== textOf(node));
    this.#known = new Map(nodes.map((node) => [node.id, textOf(node)]));
    if (changed.length === 0) return;
    for (const watcher of this.#watchers) {
      const seen = changed.filter((node) => watcher.sees(node)).map(({ id }) => id);
      if (seen.length > 0) watcher.tell({ event: 'nodes', nodes: seen });
    }
  }
}

/** How a node is, without what changes with each of its hellos. */
const textOf = ({ lastSeenMs: _, skewMs: __, agent, ...node }: FleetNode): string =>
  JSON.stringify([node, agent && { ...agent, queued: agent.queued > 0, queuedBytes: 0 }]);
