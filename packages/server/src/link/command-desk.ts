import { type KeyObject, randomUUID } from 'node:crypto';
import type { ServerHttp2Stream } from 'node:http2';
import type { Action, Answer, SignedCommand } from '@runward/protocol';
import { HELLO_MS } from '@runward/protocol';
import { signCommand } from '@runward/protocol/node';
import { ServerError } from '../error.js';

/** A node may have to try for so long to tell what became of it: the longest response takes 640 s. */
const ANSWER_MS = 700_000;
/** After that nobody begins with it any more. */
const VALID_MS = 60_000;

interface Pending {
  readonly node: string;
  readonly expiresMs: number;
  readonly line: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

/** Commands for nodes that are there, signed; who is away is not told later. */
export class CommandDesk {
  readonly #key: KeyObject;
  readonly #pending = new Map<string, Pending>();
  readonly #streams = new Map<string, ServerHttp2Stream>();
  readonly #beat: NodeJS.Timeout;

  constructor(key: KeyObject) {
    this.#key = key;
    this.#beat = setInterval(() => {
      for (const stream of this.#streams.values()) stream.write('\n');
    }, HELLO_MS).unref();
  }

  has(node: string): boolean {
    return this.#streams.has(node);
  }

  /** The node listens there from now on; what it has not answered is told again. */
  listen(node: string, stream: ServerHttp2Stream): void {
    this.#streams.get(node)?.close();
    this.#streams.set(node, stream);
    stream.respond({ ':status': 200, 'content-type': 'application/x-ndjson' });
    stream.write('\n');
    stream.on('close', () => {
      if (this.#streams.get(node) === stream) this.#streams.delete(node);
    });
    for (const pending of this.#pending.values())
      if (pending.node === node && pending.expiresMs > Date.now()) stream.write(pending.line);
  }

  /** Resolves to what the node did. @throws ServerError SERVER_NODE_AWAY, SERVER_COMMAND_UNANSWERED */
  send(node: string, action: Action, by: string): Promise<Answer> {
    const stream = this.#streams.get(node);
    if (stream === undefined)
      return Promise.reject(
        new ServerError('SERVER_NODE_AWAY', 'the node is not connected', {
          help: 'nothing was asked of it; `runward server node list` says when it was last seen',
        }),
      );
    const id = randomUUID();
    const now = Date.now();
    const command = { id, node, issuedMs: now, expiresMs: now + VALID_MS, by, action };
    const signed: SignedCommand = signCommand(command, this.#key);
    const line = `${JSON.stringify(signed)}\n`;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const timer = setTimeout(() => this.#giveUp(id), ANSWER_MS).unref();
    this.#pending.set(id, { node, expiresMs: command.expiresMs, line, resolve, reject, timer });
    stream.write(line);
    return promise;
  }

  /** What is answered by another node than was asked is not believed; whether it was waited for. */
  take(node: string, answer: Answer): boolean {
    const pending = this.#pending.get(answer.command);
    if (pending === undefined || pending.node !== node) return false;
    this.#pending.delete(answer.command);
    clearTimeout(pending.timer);
    pending.resolve(answer);
    return true;
  }

  #giveUp(id: string): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.timer);
    pending?.reject(
      new ServerError('SERVER_COMMAND_UNANSWERED', 'the node did not say what became of the command', {
        help: 'it may have been done: the records of the node tell',
      }),
    );
  }

  close(): void {
    clearInterval(this.#beat);
    for (const id of [...this.#pending.keys()]) this.#giveUp(id);
  }
}
