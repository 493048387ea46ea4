import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordKind } from '@runward/protocol';
import { type Identity, MemoryLink } from '@runward/uplink';
import { healthBody, type MadeUp, MadeUpNode } from './made-up.js';
import type { Tally } from './tally.js';

const MOST_AT_ONCE = 2000;
/** A real node keeps it on its disk; here memory has to do. */
const MOST_WAITING = 20_000;
const HEALTH_MS = 60_000;
const againMs = (): number => 500 + Math.random() * 2000;

/** A node that makes up what it tells: over the real protocol, with its own certificate and connection. */
export class SimNode {
  readonly #link: MemoryLink;
  readonly #madeUp: MadeUpNode;
  readonly #tally: Tally;
  readonly #identity: Identity;
  readonly #version: string;
  readonly #boot = randomBytes(16).toString('hex');
  readonly #stop = new AbortController();
  readonly #startedMs = Date.now();
  #seq = 0;
  #owed = 0;
  #healthMs = 0;
  #lost = 0;
  #waiting: string[] = [];
  #sending: Promise<void> | undefined;
  isConnected = false;

  constructor(identity: Identity, index: number, version: string, tally: Tally) {
    this.#identity = identity;
    this.#version = version;
    this.#tally = tally;
    this.#madeUp = new MadeUpNode(identity.node, index);
    this.#link = new MemoryLink({
      identity,
      refusal: 'this node is simulated: there is nothing to act on',
      about: () => ({
        ...{ version, kernel: 'simulated', startedMs: this.#startedMs, dropped: 0, features: [] },
        ...{ queued: this.#waiting.length, queuedBytes: 0, lost: this.#lost, rejected: 0 },
      }),
    });
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** What it has to tell of so much time. */
  make(count: number, nowMs: number): void {
    const time = new Date(nowMs).toISOString();
    if (nowMs - this.#healthMs > HEALTH_MS) {
      this.#healthMs = nowMs;
      const body = healthBody(this.#version, this.#identity.node, this.#seq);
      const labels = { priority: '', rule: '', namespace: '', workload: '', container: '', incident: '' };
      this.#put({ kind: 'health', ...labels, body }, nowMs);
    }
    this.#owed += count;
    for (; this.#owed >= 1; this.#owed -= 1) this.#put(this.#madeUp.next(nowMs, time), nowMs);
    this.#sending ??= this.#send();
  }

  #put({ kind, body, ...labels }: MadeUp & { readonly kind: RecordKind }, timeMs: number): void {
    this.#tally.made += 1;
    if (this.#waiting.length >= MOST_WAITING) {
      this.#tally.lost += 1;
      this.#lost += 1;
      return;
    }
    this.#seq += 1;
    const { priority, rule, namespace, workload, container, incident } = labels;
    const head = {
      boot: this.#boot,
      seq: this.#seq,
      kind,
      timeMs,
      priority,
      rule,
      namespace,
      workload,
      container,
      incident,
    };
    this.#waiting.push(`${JSON.stringify(head).slice(0, -1)},"body":${body}}`);
  }

  async #send(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && !this.#stop.signal.aborted) {
        const lines = this.#waiting.slice(0, MOST_AT_ONCE);
        const began = performance.now();
        try {
          const { stored, doubled, missing } = await this.#link.send(lines);
          this.#tally.latency(performance.now() - began);
          this.#tally.acknowledged += stored + doubled;
          this.#tally.doubled += doubled;
          this.#tally.missing += missing;
          this.#waiting = this.#waiting.slice(lines.length);
        } catch (error) {
          // What was not acknowledged is sent again, as it was.
          this.isConnected = false;
          if (!this.#stop.signal.aborted) this.#tally.failed(error);
          await sleep(againMs(), undefined, { signal: this.#stop.signal }).catch(() => undefined);
        }
      }
    } finally {
      this.#sending = undefined;
    }
  }

  async hello(): Promise<void> {
    try {
      await this.#link.hello();
      this.isConnected = true;
    } catch (error) {
      this.isConnected = false;
      if (!this.#stop.signal.aborted) this.#tally.failed(error);
    }
  }

  /** What waits has so long to arrive. */
  async close(patienceMs: number): Promise<void> {
    await Promise.race([this.#sending, sleep(patienceMs, undefined, { ref: false })]);
    this.#stop.abort();
    this.#link.close();
  }
}
