import { type Diagnostic, hasErrors } from '@runward/core';
import type { Mode, ModedName, RuntimePolicy } from '@runward/policy';
import type { Decision, PolicyChange, Who } from '../decisions/decision.js';
import type { PolicyStore } from '../store/policy-store.js';
import type { PolicyRegister } from '../store/register.js';
import type { PolicyDocument } from './documents.js';
import { PolicyChangeError, policiesRejected } from './error.js';
import { known, type PlannedChange, planApply, planDelete, planDetach, planMode } from './plan.js';

/** What came of a change. */
export interface ChangeReport {
  /** Empty when everything was as it was asked for already. */
  readonly changes: readonly PolicyChange[];
  /** Warnings: what was changed all the same. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Says what is wrong with these policies together on this machine. With an error among the answers they are not put in
 * force.
 */
export type Admission = (policies: readonly RuntimePolicy[]) => Promise<readonly Diagnostic[]>;

export interface ModeChange {
  readonly name: string;
  /** All when empty. */
  readonly sections: readonly ModedName[];
  readonly mode: Mode;
}

/** Makes changes of policies: planned, admitted, recorded, written. A command does it, or an agent that runs. */
export class PolicyAdministration {
  constructor(
    readonly store: PolicyStore,
    readonly by: Decision['by'],
    readonly admit: Admission,
    /** Told of every change that was made, once it is on the disk. */
    readonly onDecision: (decision: Decision) => void = () => undefined,
  ) {}

  /** @throws PolicyChangeError POLICY_REJECTED, POLICY_TWICE; StateError */
  apply(
    documents: readonly PolicyDocument[],
    who: Who,
    action: 'apply' | 'adopt' = 'apply',
  ): Promise<ChangeReport> {
    return this.#change((register) => planApply(register, documents, this.#circumstances(who), action));
  }

  /** What {@link apply} would do; changes nothing. Throws what it would throw. */
  async rehearse(documents: readonly PolicyDocument[], who: Who): Promise<ChangeReport> {
    const planned = planApply(await this.store.read(), documents, this.#circumstances(who));
    const diagnostics = planned === undefined ? [] : await this.admit(planned.result);
    refuseErrors(diagnostics);
    return { changes: planned?.decision.changes ?? [], diagnostics };
  }

  /** @throws PolicyChangeError POLICY_REJECTED, POLICY_UNKNOWN, POLICY_NO_SUCH_SECTION; StateError */
  setMode(change: ModeChange, who: Who): Promise<ChangeReport> {
    return this.#change((register) => this.#planMode(register, change, who));
  }

  /**
   * As {@link setMode}, with what it was decided on. `revision` is the one that was looked at.
   *
   * @throws PolicyChangeError POLICY_CHANGED_MEANWHILE, and what {@link setMode} throws
   */
  promote(change: ModeChange, revision: number, evidence: unknown, who: Who): Promise<ChangeReport> {
    return this.#change((register) => {
      if (known(register, change.name).revision !== revision)
        throw new PolicyChangeError(
          'POLICY_CHANGED_MEANWHILE',
          `\`${change.name}\` is not the one any more that was backtested`,
          { help: 'promote it again' },
        );
      return this.#planMode(register, change, who, { evidence });
    });
  }

  /** @throws PolicyChangeError POLICY_UNKNOWN; StateError */
  delete(names: readonly string[], who: Who): Promise<ChangeReport> {
    return this.#change((register) => planDelete(register, names, this.#circumstances(who)));
  }

  /** Records that all enforcement was taken away. @throws StateError */
  recordDetach(who: Who): Promise<ChangeReport> {
    return this.#change((register) => planDetach(register, this.#circumstances(who)));
  }

  #planMode(
    register: PolicyRegister,
    change: ModeChange,
    who: Who,
    promotion?: { readonly evidence: unknown },
  ): PlannedChange | undefined {
    const stored = known(register, change.name);
    const text = this.store.text(stored);
    if (text === undefined)
      throw new PolicyChangeError(
        'POLICY_CHANGED_MEANWHILE',
        `the text of \`${change.name}\` is not in \`${this.store.folder}\` any more`,
        { help: 'apply the policy again' },
      );
    return planMode(register, change, text, this.#circumstances(who), promotion);
  }

  #circumstances(who: Who) {
    return { who, by: this.by, nowMs: Date.now() };
  }

  async #change(plan: (register: PolicyRegister) => PlannedChange | undefined): Promise<ChangeReport> {
    let diagnostics: readonly Diagnostic[] = [];
    const change = await this.store.change(async (register) => {
      const planned = plan(register);
      // Taking policies away is always possible.
      if (planned !== undefined && planned.put.length > 0) {
        diagnostics = await this.admit(planned.result);
        refuseErrors(diagnostics);
      }
      return planned;
    });
    if (change !== undefined) this.onDecision(change.decision);
    return { changes: change?.decision.changes ?? [], diagnostics };
  }
}

function refuseErrors(diagnostics: readonly Diagnostic[]): void {
  if (hasErrors(diagnostics)) throw policiesRejected(diagnostics);
}
