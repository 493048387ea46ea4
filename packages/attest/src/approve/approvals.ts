import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Who } from '@runward/state';
import { DocumentFolder } from '@runward/state/documents';
import type { Observation } from '../configuration/configuration.js';
import { type Approval, MOST_HISTORY, readApproval } from './approval.js';
import { keysOf, type Subject } from './workload.js';

export interface ApproveRequest {
  readonly key: string;
  readonly subject: Subject;
  readonly observation: Observation;
  readonly who: Who;
  readonly why: string;
}

/** What was approved on this machine, a file each below `attest/` of the state folder. */
export class Approvals {
  readonly #folder: DocumentFolder;

  constructor(state: string) {
    this.#folder = new DocumentFolder(join(state, 'attest'));
  }

  /** By key. @throws StateError, AttestError ATTEST_APPROVAL_DAMAGED */
  async read(): Promise<ReadonlyMap<string, Approval>> {
    const documents = await this.#folder.read();
    return new Map(
      documents.map(({ name, text }) => {
        const approval = readApproval(text, join(this.#folder.path, `${name}.json`));
        return [approval.key, approval];
      }),
    );
  }

  /** @throws StateError, AttestError */
  async approve({ key, subject, observation, who, why }: ApproveRequest): Promise<Approval> {
    const before = (await this.read()).get(key);
    const { digest, configuration } = observation;
    const approval: Approval = {
      ...{ version: 1, key, digest, configuration, container: subject.id, image: subject.image },
      ...{ at: new Date().toISOString(), who, why },
      history:
        before === undefined
          ? []
          : [
              { digest: before.digest, at: before.at, who: before.who, why: before.why },
              ...before.history.slice(0, MOST_HISTORY - 1),
            ],
    };
    await this.#folder.write(
      { name: nameOf(key), text: `${JSON.stringify(approval, undefined, 1)}\n` },
      true,
    );
    return approval;
  }
}

/** The one that holds for a container. */
export const approvalFor = (
  approvals: ReadonlyMap<string, Approval>,
  subject: Subject,
): Approval | undefined =>
  keysOf(subject)
    .map((key) => approvals.get(key))
    .find((approval) => approval !== undefined);

const nameOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 32);
