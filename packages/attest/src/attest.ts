import type { Approval } from './approve/approval.js';
import { approvalFor } from './approve/approvals.js';
import { type Subject, workloadOf } from './approve/workload.js';
import { compare } from './compare/compare.js';
import type { Difference } from './compare/difference.js';
import type { Observation } from './configuration/configuration.js';
import { type Assessment, assess } from './hygiene/assess.js';

/** How a running container stands to what was approved. */
export interface Attestation extends Assessment {
  readonly container: string;
  readonly name: string;
  readonly workload: string;
  readonly image: string;
  readonly observation: Observation;
  /** approved: as it was approved; changed: not so; unapproved: nobody approved anything for it. */
  readonly state: 'approved' | 'changed' | 'unapproved';
  /** What it was compared with. */
  readonly approval: (Pick<Approval, 'key' | 'digest' | 'at' | 'why'> & { readonly by: string }) | null;
  readonly differences: readonly Difference[];
}

/** Pure. Compares and judges what was observed. */
export function attest(
  subject: Subject,
  observation: Observation,
  approvals: ReadonlyMap<string, Approval>,
): Attestation {
  const approval = approvalFor(approvals, subject);
  const differences =
    approval === undefined ? [] : compare(approval.configuration, observation.configuration);
  return {
    ...{ container: subject.id, name: subject.name, image: subject.image, workload: workloadOf(subject) },
    observation,
    state: approval === undefined ? 'unapproved' : differences.length === 0 ? 'approved' : 'changed',
    approval:
      approval === undefined
        ? null
        : {
            ...{ key: approval.key, digest: approval.digest, at: approval.at, why: approval.why },
            by: approval.who.user,
          },
    differences,
    ...assess(observation.configuration),
  };
}
