import { RunwardError } from '@runward/core';

/** Documented in docs/errors/protocol.md. */
export type ProtocolErrorCode =
  | 'PROTOCOL_TOO_LARGE'
  | 'PROTOCOL_MALFORMED'
  | 'PROTOCOL_TOKEN_MALFORMED'
  | 'PROTOCOL_SIGNATURE';

/** What arrived is not what was agreed on. */
export class ProtocolError extends RunwardError<ProtocolErrorCode> {
  override readonly name = 'ProtocolError';
}
