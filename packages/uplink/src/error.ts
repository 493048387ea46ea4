import { RunwardError } from '@runward/core';

/** Documented in docs/errors/uplink.md. */
export type UplinkErrorCode =
  | 'UPLINK_ADDRESS_INVALID'
  | 'UPLINK_AUTHORITY_OTHER'
  | 'UPLINK_BUNDLE_REFUSED'
  | 'UPLINK_IDENTITY_UNUSABLE'
  | 'UPLINK_NOT_ENROLLED'
  | 'UPLINK_REFUSED'
  | 'UPLINK_UNREACHABLE';

export class UplinkError extends RunwardError<UplinkErrorCode> {
  override readonly name = 'UplinkError';
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Nobody gave what a machine becomes a node with. */
export const notEnrolled = (): UplinkError =>
  new UplinkError('UPLINK_NOT_ENROLLED', 'this machine is no node of the server yet', {
    help: 'give `--token TOKEN`, which `runward server token create` makes',
  });
