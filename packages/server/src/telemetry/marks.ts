import type { SentRecord } from '@runward/protocol';
import type { Appended } from './telemetry.js';

/** The last number stored of each process of each node. */
export class Marks {
  readonly #last = new Map<string, number>();

  static keyOf(nodeId: string, boot: string): string {
    return `${nodeId} ${boot}`;
  }

  /** Which of them are new, and what becomes of the marks when they are stored. */
  sort(nodeId: string, records: readonly SentRecord[]): Sorted {
    const after = new Map<string, number>();
    const fresh: SentRecord[] = [];
    let missing = 0;
    for (const record of records) {
      const key = Marks.keyOf(nodeId, record.boot);
      const last = after.get(key) ?? this.#last.get(key) ?? 0;
      if (record.seq <= last) continue;
      missing += record.seq - last - 1;
      after.set(key, record.seq);
      fresh.push(record);
    }
    return {
      fresh,
      after,
      appended: { stored: fresh.length, doubled: records.length - fresh.length, missing },
    };
  }

  set(key: string, seq: number): void {
    this.#last.set(key, seq);
  }

  clear(): void {
    this.#last.clear();
  }
}

export interface Sorted {
  readonly fresh: readonly SentRecord[];
  readonly after: ReadonlyMap<string, number>;
  readonly appended: Appended;
}
