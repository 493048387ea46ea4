import type { ServerResponse } from 'node:http';
import type { Caller } from './operation.js';

/** Of what somebody has not read yet; what comes then is not kept for them, and they are told. */
const MOST_WAITING_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;
const AGAIN_MS = 5_000;
/** When a browser whose connection broke asks again. */
const RETRY_MS = 2_000;

export interface StreamOptions {
  readonly caller: Caller;
  /** Where the last connection ended, as the browser knows it. */
  readonly lastEventId: string | undefined;
  /** Who it is now. @throws ServerError when nobody any more */
  readonly again: () => Promise<Caller>;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Server-sent events to one client. What it does not read is bounded: above that, events are left out, and `missed` says how
 * many as soon as there is room. It ends when whoever asked may no longer, within five seconds.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #again: () => Promise<Caller>;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly lastEventId: string | undefined;
  #caller: Caller;
  #missed = 0;
  #isOver = false;
  #ended: () => void = () => undefined;

  constructor(response: ServerResponse, { caller, lastEventId, again, headers }: StreamOptions) {
    this.#response = response;
    this.#caller = caller;
    this.#again = again;
    this.lastEventId = lastEventId;
    response.writeHead(200, {
      ...headers,
      ...{ 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    response.on('drain', () => this.#tellMissed());
    response.on('error', () => undefined); // whoever asked is gone
    response.on('close', () => this.#over());
    this.#timers = [
      setInterval(() => response.write(':\n\n'), HEARTBEAT_MS).unref(),
      setInterval(() => void this.#ask(), AGAIN_MS).unref(),
    ];
  }

  /** Who reads it, and what they may by now. */
  get caller(): Caller {
    return this.#caller;
  }

  /** Calls when it is over; at once when it is. */
  onEnd(act: () => void): void {
    if (this.#isOver) act();
    else this.#ended = act;
  }

  send(event: string, data: unknown, id?: number): void {
    if (this.#isOver) return;
    if (this.#response.writableLength > MOST_WAITING_BYTES) this.#missed += 1;
    else this.#write(event, data, id);
  }

  end(why: string): void {
    if (this.#isOver) return;
    this.#write('end', { why });
    this.#response.end();
    this.#over();
  }

  #write(event: string, data: unknown, id?: number): void {
    const place = id === undefined ? '' : `id: ${id}\n`;
    this.#response.write(`${place}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #tellMissed(): void {
    if (this.#missed === 0 || this.#isOver) return;
    this.#write('missed', { count: this.#missed });
    this.#missed = 0;
  }

  async #ask(): Promise<void> {
    try {
      this.#caller = await this.#again();
    } catch (error) {
      this.end(error instanceof Error ? error.message : String(error));
    }
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#ended();
  }
}
