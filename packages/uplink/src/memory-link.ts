import { createPublicKey } from 'node:crypto';
import type { ClientHttp2Stream } from 'node:http2';
import { createInterface } from 'node:readline';
import { type Answer, type Hello, PATHS, signedCommandSchema } from '@runward/protocol';
import { packRecords, parseMessage, verifyCommand } from '@runward/protocol/node';
import { z } from 'zod';
import { accepted, Connection, serverUrl } from './connection.js';
import type { Identity } from './identity/identity.js';

export interface MemoryLinkOptions {
  readonly identity: Identity;
  readonly about: () => Omit<Hello, 'roundTripMs'>;
  /** What is answered to each command. */
  readonly refusal: string;
}

const takenSchema = z.object({ stored: z.number(), doubled: z.number(), missing: z.number() });
/** What a server says of a batch that it stored. */
export type Taken = z.infer<typeof takenSchema>;

const PATIENCE_MS = 60_000;

/** The link of a node that keeps nothing on a disk and does nothing: its batches, its hellos, the stream of commands. */
export class MemoryLink {
  readonly #options: MemoryLinkOptions;
  readonly #connection: Connection;
  #commands: ClientHttp2Stream | undefined;
  #roundTripMs = 0;

  constructor(options: MemoryLinkOptions) {
    this.#options = options;
    const { authority, certificate, key, server } = options.identity;
    this.#connection = new Connection(serverUrl(server), { authority, certificate, key });
  }

  /** Lines as they travel, in the order of their numbers. Resolves when they are durable. @throws UplinkError */
  async send(lines: readonly string[]): Promise<Taken> {
    const reply = await this.#connection.ask('POST', PATHS.records, packRecords(lines), PATIENCE_MS);
    return parseMessage(takenSchema, accepted(reply), 'the answer of the server');
  }

  /** Says how it is, and sees to it that it listens for commands. @throws UplinkError */
  async hello(): Promise<void> {
    const began = performance.now();
    await this.#post(PATHS.hello, { ...this.#options.about(), roundTripMs: this.#roundTripMs });
    this.#roundTripMs = performance.now() - began;
    if (this.#commands === undefined || this.#commands.closed) await this.#listen();
  }

  async #post(path: string, body: unknown): Promise<void> {
    accepted(await this.#connection.ask('POST', path, Buffer.from(JSON.stringify(body)), PATIENCE_MS));
  }

  async #listen(): Promise<void> {
    const stream = await this.#connection.listen(PATHS.commands);
    this.#commands = stream;
    stream.on('error', () => undefined); // the next hello finds it closed
    createInterface({ input: stream }).on('line', (line) => {
      if (line !== '') void this.#refuse(line).catch(() => undefined); // told again by the server
    });
  }

  async #refuse(line: string): Promise<void> {
    const { commandKey } = this.#options.identity;
    const signed = parseMessage(signedCommandSchema, line, 'a command');
    const { id } = verifyCommand(signed, createPublicKey(commandKey));
    const answer: Answer = { command: id, ok: false, problem: this.#options.refusal, result: null };
    await this.#post(PATHS.answers, answer);
  }

  close(): void {
    this.#connection.close();
  }
}
