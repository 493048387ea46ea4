import type { IncomingMessage } from 'node:http';
import { ControlError } from './error.js';

/**
 * The body of a request as JSON; undefined without one.
 *
 * @throws ControlError CONTROL_BODY_TOO_LARGE or CONTROL_BODY_INVALID
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  if (length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (cause) {
    throw new ControlError('CONTROL_BODY_INVALID', `the body is not JSON: ${String(cause)}`, { cause });
  }
}

const tooLarge = (maxBytes: number): ControlError =>
  new ControlError('CONTROL_BODY_TOO_LARGE', `the body is larger than ${maxBytes} bytes`, {
    help: 'send less at once',
  });
