import { request } from 'node:https';

const MOST_BYTES = 1024 * 1024;
const PATIENCE_MS = 10_000;

/** `fetch` over HTTPS alone that trusts the named authorities, follows nowhere, and reads no more than a MiB. */
export function httpsFetch(ca: string | undefined): (url: string, init: RequestInit) => Promise<Response> {
  return (url, { method = 'GET', headers, body }) =>
    new Promise((resolve, reject) => {
      const sent = request(
        new URL(url),
        {
          ...{ method, headers: Object.fromEntries(new Headers(headers)), timeout: PATIENCE_MS },
          ...(ca === undefined ? {} : { ca }),
        },
        (answer) => {
          const parts: Buffer[] = [];
          let bytes = 0;
          answer.on('data', (part: Buffer) => {
            bytes += part.length;
            if (bytes > MOST_BYTES) sent.destroy(new Error('the answer is too large'));
            else parts.push(part);
          });
          answer.on('error', reject);
          answer.on('end', () => {
            const told = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
            const status = answer.statusCode ?? 500;
            const isEmpty = status === 204 || status === 304;
            resolve(
              new Response(isEmpty ? null : Buffer.concat(parts), {
                status,
                headers: Object.fromEntries(told),
              }),
            );
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${PATIENCE_MS / 1000} s`)));
      sent.on('error', reject);
      sent.end(body === undefined || body === null ? undefined : String(body));
    });
}
