import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Delivery } from '@runward/outputs/queue';
import {
  type Answer,
  HELLO_MS,
  type Hello,
  LIMITS,
  PATHS,
  renewedSchema,
  type Standing,
  type TrustVerdict,
  type Welcome,
  welcomeSchema,
} from '@runward/protocol';
import { parseMessage } from '@runward/protocol/node';
import { attest } from './attestation/attest.js';
import type { Attester } from './attestation/node-attester.js';
import { accepted, Connection, serverUrl } from './connection.js';
import { messageOf } from './error.js';
import { Holding, type PutInForce } from './holding.js';
import { type Identity, type IdentityFolder, isToRenew } from './identity/identity.js';
import { newKey, requestFor } from './identity/key-request.js';
import { Obedience, type Obey } from './obedience.js';
import { ServerTransport } from './spool/server-transport.js';
import { type Loss, type News, Spool } from './spool/spool.js';

export interface UplinkOptions {
  readonly identity: Identity;
  readonly folder: IdentityFolder;
  /** Where the spool is, and what was obeyed. */
  readonly state: string;
  readonly maxBytes: number;
  /** What the node says of itself; the rest of a hello is known here. */
  readonly about: () => Pick<Hello, 'version' | 'kernel' | 'startedMs' | 'dropped' | 'features'>;
  readonly obey: Obey;
  readonly putInForce: PutInForce;
  readonly onLoss: (loss: Loss) => void;
  /** Proves what this machine runs on, where it has a TPM. */
  readonly attester?: Attester | undefined;
  /** Told what the server makes of that, when it changes. */
  readonly onVerdict?: (verdict: TrustVerdict) => void;
  readonly say: (message: string) => void;
  /** By which it is told whether the certificate is to be renewed. */
  readonly now?: () => number;
}

export interface UplinkStatus {
  readonly server: string;
  readonly node: string;
  readonly cluster: string;
  readonly id: string;
  readonly connected: boolean;
  /** Why it is not; '' when it is. */
  readonly problem: string;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly sent: number;
  readonly rejected: number;
  readonly lost: number;
  /** By how much the server's clock is ahead of this one. */
  readonly serverAheadMs: number;
  /** What the server makes of what this machine proved of itself; null: nothing was asked. */
  readonly trust: TrustVerdict | null;
}

const SHORT_MS = 15_000;
const BUNDLE_MS = 60_000;
const PATIENCE_MS = 2000;
/** A stream on which not even a sign of life came for so long is none. */
const SILENCE_MS = 3.5 * HELLO_MS;
const ANSWER_RETRY_MS = 2000;
/** Not all nodes at once when a server comes back. */
const againMs = (): number => 500 + Math.random() * 4000;
const MOST_UNANSWERED = 100;

/** The link of a running agent to its server. */
export class Uplink {
  readonly #options: UplinkOptions;
  readonly #connection: Connection;
  readonly #spool: Spool;
  readonly #delivery: Delivery;
  readonly #obedience: Obedience;
  readonly #holding: Holding;
  /** The standing that the server was told. */
  #told: Standing | undefined;
  #untold = '';
  readonly #stop = new AbortController();
  /** Ends the wait before the next hello. */
  #wake = new AbortController();
  #identity: Identity;
  #roundTripMs = 0;
  #aheadMs = 0;
  #problem = 'not connected yet';
  #isFetching = false;
  #answers: Answer[] = [];
  #trust: TrustVerdict | null = null;
  #attesting = false;
  readonly #running: Promise<unknown>;

  /** @throws OutputError when its queue cannot be used */
  constructor(options: UplinkOptions) {
    const { identity, state, maxBytes, say, onLoss, obey, putInForce } = options;
    this.#options = options;
    this.#identity = identity;
    this.#connection = new Connection(serverUrl(identity.server), credentialsOf(identity));
    this.#spool = new Spool({ folder: join(state, 'spool'), maxBytes, say, onLoss });
    this.#delivery = new Delivery(this.#spool.queue, new ServerTransport(this.#connection), (message) =>
      say(`server: ${message}`),
    );
    this.#obedience = new Obedience({
      ...{ node: identity.id, commandKey: identity.commandKey, file: join(state, 'commands.json') },
      ...{ obey, say, now: () => Date.now() + this.#aheadMs },
    });
    this.#holding = new Holding({
      ...{ node: identity.id, commandKey: identity.commandKey, putInForce, say },
      folder: join(state, 'documents'),
    });
    this.#running = Promise.all([this.#greet(), this.#listen()]);
  }

  /** Kept on the disk at once, sent when it can be. Never throws. */
  tell(news: readonly News[]): void {
    this.#spool.add(news);
  }

  get status(): UplinkStatus {
    const { server, node, cluster, id } = this.#identity;
    const { sent, rejected, problem } = this.#delivery.stats;
    return {
      ...{ server, node, cluster, id, connected: this.#problem === '', problem: this.#problem || problem },
      ...{ queued: this.#spool.queue.count, queuedBytes: this.#spool.queue.bytes, sent, rejected },
      ...{ lost: this.#spool.lost, serverAheadMs: Math.round(this.#aheadMs), trust: this.#trust },
    };
  }

  async #greet(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const { bundle } = await this.#hello();
        this.#hold(bundle);
        if (isToRenew(this.#identity.certificate, (this.#options.now ?? Date.now)())) await this.#renew();
        if (this.#problem !== '') this.#delivery.tryNow();
        this.#problem = '';
        await this.#report();
      } catch (error) {
        if (this.#problem !== messageOf(error)) this.#options.say(messageOf(error));
        this.#problem = messageOf(error);
      }
      this.#wake = new AbortController();
      await this.#pause(this.#problem === '' ? HELLO_MS : againMs(), this.#wake.signal);
    }
  }

  /** Fetches what this node is to hold when that is something else. The hellos go on meanwhile. */
  #hold(bundle: number): void {
    if (bundle <= this.#holding.version || this.#isFetching) return;
    this.#isFetching = true;
    const fetch = async (): Promise<void> => {
      const reply = await this.#connection.ask(
        'GET',
        PATHS.bundle,
        undefined,
        BUNDLE_MS,
        LIMITS.bundleBytes * 2,
      );
      await this.#holding.take(accepted(reply));
      this.#wake.abort(); // what became of it is told now
    };
    fetch()
      .catch((error: unknown) => this.#options.say(`documents of the server: ${messageOf(error)}`))
      .finally(() => {
        this.#isFetching = false;
      });
  }

  /** After each change, and once to a server that may not know yet. */
  async #report(): Promise<void> {
    const { standing } = this.#holding;
    if (standing === undefined || standing === this.#told) return;
    try {
      await this.#post(PATHS.standing, standing);
      this.#told = standing;
    } catch (error) {
      // The link is as good as it was; it is told with the next hello.
      if (this.#untold !== messageOf(error))
        this.#options.say(`what became of documents: ${messageOf(error)}`);
      this.#untold = messageOf(error);
    }
  }

  async #hello(): Promise<Welcome> {
    const { sent: _, ...queue } = this.#delivery.stats;
    const hello: Hello = {
      ...this.#options.about(),
      roundTripMs: this.#roundTripMs,
      ...{ queued: this.#spool.queue.count, queuedBytes: this.#spool.queue.bytes },
      ...{ lost: this.#spool.lost, rejected: queue.rejected },
    };
    const began = performance.now();
    const text = await this.#post(PATHS.hello, hello);
    const welcome = parseMessage(welcomeSchema, text, 'the answer of the server');
    this.#roundTripMs = performance.now() - began;
    this.#aheadMs = welcome.nowMs + this.#roundTripMs / 2 - Date.now();
    if (welcome.attest) void this.#prove();
    return welcome;
  }

  /** Beside the hellos: a TPM may take long. What fails is asked for again. */
  async #prove(): Promise<void> {
    const { attester, onVerdict, say } = this.#options;
    if (attester === undefined || this.#attesting) return;
    this.#attesting = true;
    try {
      const verdict = await attest(this.#connection, attester);
      const before = this.#trust;
      this.#trust = verdict;
      if (before?.state !== verdict.state || before.reason !== verdict.reason) onVerdict?.(verdict);
    } catch (error) {
      say(`what this machine runs on is not proven: ${messageOf(error)}`);
    } finally {
      this.#attesting = false;
    }
  }

  async #post(path: string, body: unknown): Promise<string> {
    return accepted(await this.#connection.ask('POST', path, Buffer.from(JSON.stringify(body)), SHORT_MS));
  }

  /** Another key and a certificate for it. Those at hand stay good until the new ones are shown. */
  async #renew(): Promise<void> {
    const key = await newKey();
    const text = await this.#post(PATHS.renew, { request: await requestFor(key) });
    const { certificate } = parseMessage(renewedSchema, text, 'the answer of the server');
    const renewed = { ...this.#identity, certificate, key };
    this.#options.folder.write(renewed);
    this.#identity = renewed;
    this.#connection.replace(credentialsOf(renewed));
    this.#options.say('the certificate of this node was renewed');
  }

  async #listen(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // Why it failed is told by the hello.
      await this.#hear().catch(() => undefined);
      // What had worked does not any more: why is to be known now.
      if (this.#problem === '') this.#wake.abort();
      await this.#pause(againMs());
    }
  }

  async #hear(): Promise<void> {
    const stream = await this.#connection.listen(PATHS.commands);
    const end = (): void => void stream.destroy();
    this.#stop.signal.addEventListener('abort', end, { once: true });
    stream.setTimeout(SILENCE_MS, end);
    stream.on('error', () => undefined); // its end is what counts
    let isOpen = false;
    stream.on('response', (headers) => {
      isOpen = headers[':status'] === 200;
      if (!isOpen) end();
    });
    try {
      let size = 0;
      stream.on('data', (part: Buffer) => {
        size = part.includes(10) ? 0 : size + part.length;
        if (size > LIMITS.messageBytes * 2) end(); // a line without an end
      });
      for await (const line of createInterface({ input: stream }))
        if (isOpen && line !== '') void this.#obey(line);
    } finally {
      this.#stop.signal.removeEventListener('abort', end);
      end();
    }
  }

  async #obey(line: string): Promise<void> {
    const answer = await this.#obedience.take(line);
    if (answer === undefined) return;
    this.#answers = [...this.#answers, answer].slice(-MOST_UNANSWERED);
    while (this.#answers.includes(answer) && !this.#stop.signal.aborted)
      try {
        await this.#post(PATHS.answers, answer);
        this.#answers = this.#answers.filter((each) => each !== answer);
      } catch {
        await this.#pause(ANSWER_RETRY_MS);
      }
  }

  async #pause(ms: number, wake?: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([this.#stop.signal, ...(wake === undefined ? [] : [wake])]);
    await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
  }

  /** Gives what waits a moment to arrive; the rest stays on the disk. */
  async close(): Promise<void> {
    this.#spool.end();
    await this.#delivery.close(PATIENCE_MS);
    this.#stop.abort();
    this.#connection.close();
    await Promise.race([this.#running, sleep(PATIENCE_MS)]);
  }
}

const credentialsOf = ({ authority, certificate, key }: Identity) => ({ authority, certificate, key });
