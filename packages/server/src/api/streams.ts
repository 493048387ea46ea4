import type { FastifyReply } from 'fastify';
import { ServerError } from '../error.js';
import { EventStream } from './event-stream.js';
import type { Caller } from './operation.js';

const MOST = 1000;
const MOST_OF_ONE = 30;

export interface StreamRequest {
  readonly reply: FastifyReply;
  readonly caller: Caller;
  readonly lastEventId: string | undefined;
  readonly again: () => Promise<Caller>;
}

/** The event streams that are open: so many of one account, so many in all. */
export class Streams {
  readonly #open = new Map<EventStream, string>();

  /** @throws ServerError SERVER_TOO_OFTEN */
  begin({ reply, caller, lastEventId, again }: StreamRequest): EventStream {
    const person = caller.person.id;
    const ofPerson = [...this.#open.values()].filter((each) => each === person).length;
    if (ofPerson >= MOST_OF_ONE || this.#open.size >= MOST)
      throw new ServerError('SERVER_TOO_OFTEN', 'too many live views are open', {
        help: `an account has up to ${MOST_OF_ONE} at a time, a server ${MOST}; close one`,
      });
    const headers = Object.fromEntries(
      Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
    );
    reply.hijack();
    const stream = new EventStream(reply.raw, { caller, lastEventId, again, headers });
    this.#open.set(stream, person);
    stream.onEnd(() => this.#open.delete(stream));
    return stream;
  }

  /** The server ends. */
  close(): void {
    for (const stream of [...this.#open.keys()]) stream.end('the server ends');
  }
}
