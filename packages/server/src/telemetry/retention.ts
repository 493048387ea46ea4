import { RECORD_KINDS, type RecordKind } from '@runward/protocol';
import type { Telemetry } from './telemetry.js';

/** How long what nodes told is kept. */
export interface Retention {
  readonly keepMs: number;
  /** Of kinds that are kept for another time. */
  readonly keepByKindMs?: Readonly<Partial<Record<RecordKind, number>>>;
}

/** Removes what is too old. How many. @throws ServerError SERVER_STORE_FAILED */
export async function forget(
  telemetry: Pick<Telemetry, 'prune'>,
  { keepMs, keepByKindMs = {} }: Retention,
  nowMs: number,
): Promise<number> {
  let gone = 0;
  for (const kind of RECORD_KINDS)
    gone += await telemetry.prune(nowMs - (keepByKindMs[kind] ?? keepMs), kind);
  return gone;
}
