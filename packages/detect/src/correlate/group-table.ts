/** What is remembered of one group of events. */
export interface Group {
  readonly key: string;
  /** Event time of the last event, nanoseconds of the clock. */
  touchedAt: number;
  /** The container whose end ends the group. */
  readonly container: string | undefined;
  /** Estimated bytes. */
  bytes: number;
}

/** Shared by all sequences and thresholds: the one who remembers most gives way first. */
export class MemoryBudget {
  bytes = 0;
  readonly #tables = new Set<GroupTable<Group>>();

  constructor(readonly limit: number) {}

  join(table: GroupTable<Group>): void {
    this.#tables.add(table);
    this.bytes += table.bytes;
  }

  leave(table: GroupTable<Group>): void {
    if (this.#tables.delete(table)) this.bytes -= table.bytes;
  }

  add(bytes: number): void {
    this.bytes += bytes;
    while (this.bytes > this.limit) {
      let most: GroupTable<Group> | undefined;
      for (const table of this.#tables) if (most === undefined || table.bytes > most.bytes) most = table;
      if (most?.evictOldest() !== true) return;
    }
  }
}

/**
 * Groups by key, the one that was idle longest first. A group is forgotten when it was idle for the whole
 * window, since nothing of it can matter any more; the oldest is evicted, and counted, when there are too many.
 */
export class GroupTable<G extends Group> {
  readonly #groups = new Map<string, G>();
  #youngest: G | undefined;
  bytes = 0;
  evicted = 0;

  constructor(
    readonly windowNs: number,
    readonly limit: number,
    readonly budget: MemoryBudget,
  ) {
    budget.join(this);
  }

  get size(): number {
    return this.#groups.size;
  }

  get(key: string, now: number): G | undefined {
    const group = this.#groups.get(key);
    if (group === undefined || group.touchedAt + this.windowNs >= now) return group;
    this.#delete(group);
    return undefined;
  }

  /** Puts a group (back) at the young end. */
  touch(group: G, now: number): void {
    if (this.#youngest === group) {
      group.touchedAt = now;
      return;
    }
    const known = this.#groups.delete(group.key);
    group.touchedAt = now;
    this.#groups.set(group.key, group);
    this.#youngest = group;
    if (!known) this.#account(group.bytes);
    this.#forgetIdle(now);
    if (this.#groups.size > this.limit) this.evictOldest();
  }

  /** Tells that a group has grown or shrunk; it may be evicted by that. */
  resize(group: G, bytes: number): void {
    const change = bytes - group.bytes;
    if (change === 0 || this.#groups.get(group.key) !== group) return;
    group.bytes = bytes;
    this.#account(change);
  }

  evictOldest(): boolean {
    for (const group of this.#groups.values()) {
      this.evicted += 1;
      this.#delete(group);
      return true;
    }
    return false;
  }

  endContainer(id: string): void {
    for (const group of this.#groups.values()) if (group.container === id) this.#delete(group);
  }

  clear(): void {
    for (const group of this.#groups.values()) this.#delete(group);
  }

  /** Two per touch: the table never holds many idle groups, and no event pays for all of them. */
  #forgetIdle(now: number): void {
    let left = 2;
    for (const group of this.#groups.values()) {
      if (left-- === 0 || group.touchedAt + this.windowNs >= now) return;
      this.#delete(group);
    }
  }

  #delete(group: G): void {
    if (this.#youngest === group) this.#youngest = undefined;
    if (this.#groups.delete(group.key)) this.#account(-group.bytes);
  }

  #account(bytes: number): void {
    this.bytes += bytes;
    this.budget.add(bytes);
  }
}
