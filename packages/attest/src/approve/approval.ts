import type { Who } from '@runward/state';
import type { Configuration } from '../configuration/configuration.js';
import { digestOf } from '../configuration/digest.js';
import { AttestError } from '../error.js';

/** What somebody said is right for a workload. */
export interface Approval {
  readonly version: 1;
  /** `workload:shop/web/nginx`, `container:web` or `image:docker.io/library/nginx` */
  readonly key: string;
  readonly digest: string;
  readonly configuration: Configuration;
  /** Whose configuration it was. */
  readonly container: string;
  readonly image: string;
  /** RFC 3339. */
  readonly at: string;
  readonly who: Who;
  readonly why: string;
  /** What was approved before, the last first. */
  readonly history: readonly PastApproval[];
}

export type PastApproval = Pick<Approval, 'digest' | 'at' | 'who' | 'why'>;

export const MOST_HISTORY = 100;

/** @throws AttestError ATTEST_APPROVAL_DAMAGED when something else changed the text */
export function readApproval(text: string, place: string): Approval {
  const damaged = (why: string): AttestError =>
    new AttestError('ATTEST_APPROVAL_DAMAGED', `the approval in \`${place}\` is damaged: ${why}`, {
      help: 'move the file away and approve the configuration again: `runward attest approve NAME`',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged('it is no JSON');
  }
  const approval = value as Approval; // what has the digest it names was written by `Approvals`
  if (
    typeof approval?.configuration !== 'object' ||
    approval.configuration === null ||
    typeof approval.key !== 'string'
  )
    throw damaged('it names no configuration');
  if (approval.version !== 1 || approval.configuration.version !== 1)
    throw damaged('it is of another version of runward');
  let digest: string;
  try {
    digest = digestOf(approval.configuration);
  } catch {
    throw damaged('its configuration is none');
  }
  if (digest !== approval.digest) throw damaged('its configuration does not have the digest it names');
  return approval;
}
