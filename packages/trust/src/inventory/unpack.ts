import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { messageOf, TrustError } from '../error.js';

/** A layer as a tar file: gzip and zstd are told by their first bytes, as runtimes do. @throws TrustError */
export async function* unpacked(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  const head: Uint8Array = first.done === true ? new Uint8Array(0) : first.value;
  const whole = (async function* () {
    yield head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  })();
  const unpack = unpackerFor(head);
  let size = 0;
  for await (const chunk of unpack === undefined ? whole : through(whole, unpack)) {
    size += chunk.length;
    if (size > maxBytes)
      throw new TrustError('IMAGE_TOO_LARGE', `a layer unpacks to more than ${maxBytes} bytes`);
    yield chunk;
  }
}

function unpackerFor(head: Uint8Array): Transform | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return createGunzip();
  return head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f ? createZstdDecompress() : undefined;
}

async function* through(source: AsyncIterable<Uint8Array>, unpack: Transform): AsyncGenerator<Uint8Array> {
  let problem: unknown;
  const stream = pipeline(Readable.from(source), unpack, (error) => {
    problem = error;
  });
  try {
    for await (const chunk of stream) yield chunk as Uint8Array; // no encoding is set
  } catch (error) {
    const cause = problem ?? error;
    if (cause instanceof TrustError) throw cause;
    throw new TrustError('IMAGE_MALFORMED', `a layer cannot be unpacked: ${messageOf(cause)}`, { cause });
  }
}
