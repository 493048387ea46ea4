import { setTimeout as sleep } from 'node:timers/promises';
import { malformed, TpmError } from '../error.js';
import { openTransport, unavailable } from '../transport/open.js';
import type { Transport } from '../transport/transport.js';
import { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import { baseOf, RC, responseText } from './response-code.js';

const NO_SESSIONS = 0x8001;
const SESSIONS = 0x8002;
const PASSWORD = 0x40000009;
const MOST_TRIES = 50;
const AGAIN_MS = 50;

export interface Order {
  readonly name: string;
  /** TPM_CC. */
  readonly code: number;
  readonly handles?: readonly number[];
  /** Of each handle that needs one: a policy session, or the empty password. */
  readonly sessions?: readonly (number | 'password')[];
  readonly parameters?: Buffer;
  readonly returnsHandle?: boolean;
}

export interface Outcome {
  readonly handle: number;
  readonly parameters: Reader;
}

/** What a TPM refused, with its code. */
export class RefusedError extends TpmError {
  readonly base: number;

  constructor(command: string, code: number) {
    super('TPM_REFUSED', `the TPM refuses ${command}: ${responseText(code)}`, {
      help: 'docs/node-attestation.md says what is asked of a TPM',
    });
    this.base = baseOf(code);
  }
}

/** One TPM while it is open: commands one after the other, and what they leave in it is flushed at the end. */
export class Tpm {
  readonly #path: string;
  readonly #transport: Transport;
  readonly #transient: number[] = [];

  private constructor(path: string, transport: Transport) {
    this.#path = path;
    this.#transport = transport;
  }

  /** Opens it, does that, and leaves nothing in it. @throws TpmError TPM_UNAVAILABLE, TPM_REFUSED, TPM_MALFORMED */
  static async with<T>(path: string, act: (tpm: Tpm) => Promise<T>): Promise<T> {
    const transport = await openTransport(path);
    const tpm = new Tpm(path, transport);
    try {
      return await act(tpm);
    } finally {
      for (const handle of tpm.#transient.reverse()) await tpm.#flush(handle).catch(() => undefined); // the TPM may be what failed
      await transport.close();
    }
  }

  async run(order: Order): Promise<Outcome> {
    const command = encode(order);
    for (let tries = 1; ; tries += 1) {
      const response = await this.#transport.exchange(command).catch((cause: unknown) => {
        throw unavailable(this.#path, cause);
      });
      const read = new Reader(response, 'a response of the TPM');
      const [tag, size, code] = [read.u16(), read.u32(), read.u32()];
      if (size !== response.length) throw malformed('a response of the TPM', `${size} bytes are announced`);
      const isBusy = code === RC.retry || code === RC.yielded || code === RC.testing;
      if (isBusy && tries < MOST_TRIES) {
        await sleep(AGAIN_MS);
        continue;
      }
      if (code !== 0) throw new RefusedError(order.name, code);
      return this.#outcome(order, read, tag);
    }
  }

  #outcome({ returnsHandle = false }: Order, read: Reader, tag: number): Outcome {
    const handle = returnsHandle ? read.u32() : 0;
    if (returnsHandle) this.#transient.push(handle);
    const parameters = tag === SESSIONS ? read.bytes(read.u32()) : read.bytes(read.left);
    return { handle, parameters: new Reader(parameters, 'a response of the TPM') };
  }

  async #flush(handle: number): Promise<void> {
    await this.run({ name: 'FlushContext', code: 0x165, parameters: new Writer().u32(handle).done() });
  }
}

function encode({ code, handles = [], sessions = [], parameters = Buffer.alloc(0) }: Order): Buffer {
  const body = new Writer();
  for (const handle of handles) body.u32(handle);
  if (sessions.length > 0) {
    const area = new Writer();
    // Handle, no nonce, the session goes on, an empty password.
    for (const session of sessions)
      area
        .u32(session === 'password' ? PASSWORD : session)
        .u16(0)
        .u8(1)
        .u16(0);
    const bytes = area.done();
    body.u32(bytes.length).bytes(bytes);
  }
  const rest = body.bytes(parameters).done();
  const tag = sessions.length > 0 ? SESSIONS : NO_SESSIONS;
  return new Writer()
    .u16(tag)
    .u32(10 + rest.length)
    .u32(code)
    .bytes(rest)
    .done();
}
