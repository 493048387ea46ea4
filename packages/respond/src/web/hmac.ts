import { createHmac } from 'node:crypto';

/**
 * `t=SECONDS,v1=HEX`: HMAC-SHA-256 over `SECONDS.BODY`. The time is signed, so that the receiver can refuse what was
 * recorded and sent again.
 */
export function signature(key: string, body: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  return `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')}`;
}
