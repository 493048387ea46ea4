/** Why a node is not trusted; docs/node-attestation.md has a line for each. */
export type DistrustReason =
  | 'malformed'
  | 'another-tpm'
  | 'signature'
  | 'replayed'
  | 'wrong-nonce'
  | 'rolled-back'
  | 'pcr-values'
  | 'boot-log-missing'
  | 'boot-log-altered'
  | 'ima-list-missing'
  | 'ima-list-altered'
  | 'reference-stale'
  | 'pcr-changed'
  | 'event-unknown'
  | 'file-unknown';

export interface Distrust {
  readonly reason: DistrustReason;
  /** In words, with what was found and what was expected. */
  readonly detail: string;
}

export const distrust = (reason: DistrustReason, detail: string): Distrust => ({ reason, detail });
