import {
  type ClientHttp2Session,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { messageOf, RuntimesError, type RuntimesErrorCode } from '../error.js';

export interface Exchange {
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

export interface Reply {
  /** gRPC status as its decimal number. */
  readonly status: string;
  readonly statusMessage: string;
  readonly body: Buffer;
}

/**
 * One request and its reply on an HTTP/2 session. Time and size are bounded whatever the other side does.
 *
 * @throws RuntimesError `RUNTIME_UNREACHABLE`, `RUNTIME_TIMEOUT`, `RUNTIME_ANSWER_TOO_LARGE`,
 * `RUNTIME_ANSWER_MALFORMED`
 */
export function exchange(session: ClientHttp2Session, wanted: Exchange): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const stream = session.request(wanted.headers);
    let headers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (): void => {
      clearTimeout(timer);
      wanted.signal?.removeEventListener('abort', cancel);
    };
    const fail = (code: RuntimesErrorCode, message: string, cause?: unknown): void => {
      finish();
      reject(new RuntimesError(code, message, { cause }));
      stream.close(constants.NGHTTP2_CANCEL);
    };
    const cancel = (): void => fail('RUNTIME_UNREACHABLE', 'the request was cancelled');
    const timer = setTimeout(
      () => fail('RUNTIME_TIMEOUT', `no answer within ${wanted.timeoutMs} ms`),
      wanted.timeoutMs,
    );
    const note = (more: IncomingHttpHeaders): void => {
      headers = { ...headers, ...more };
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > wanted.maxBytes) {
        fail('RUNTIME_ANSWER_TOO_LARGE', `the answer is larger than ${wanted.maxBytes} bytes`);
      }
    });
    stream.on('error', (cause) => fail('RUNTIME_UNREACHABLE', messageOf(cause), cause));
    stream.on('close', () => {
      finish();
      const status = headers['grpc-status'];
      if (typeof status === 'string') {
        resolve({ status, statusMessage: statusMessageOf(headers), body: Buffer.concat(chunks) });
      } else fail('RUNTIME_UNREACHABLE', 'the connection was broken off');
    });
    if (wanted.signal?.aborted === true) cancel();
    else wanted.signal?.addEventListener('abort', cancel, { once: true });
    stream.end(wanted.body);
  });
}

/** Percent-encoded by the protocol, and the other side may get that wrong. */
function statusMessageOf(headers: IncomingHttpHeaders): string {
  const raw = String(headers['grpc-message'] ?? '').slice(0, 300);
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}
