import { type Diagnostic, hasErrors, plainSpan } from '@runward/core';
import { mergePolicies, type RuntimePolicy, SECTIONS } from '@runward/policy';
import {
  type ChangeReport,
  type Decision,
  type ModeChange,
  PolicyAdministration,
  type PolicyDocument,
  type PolicyStore,
  policiesRejected,
  splitDocuments,
  type Who,
} from '@runward/state';
import {
  afterRestart,
  creationOnly,
  type EnforcementDiagnosticCode,
  type Means,
  mechanismDiagnostics,
  trustDiagnostics,
} from './admission.js';
import { isActive, Selections } from './selections.js';
import type { EnforcementService } from './service.js';
import { sectionDigest } from './standing.js';
import type { Workshop } from './workshop.js';

/** A policy file as it was given. */
export interface PolicyText {
  /** How it is named in messages and in the register. */
  readonly name: string;
  readonly text: string;
}

export interface AppliedOptions {
  readonly store: PolicyStore;
  readonly service: EnforcementService;
  readonly workshop: Pick<Workshop, 'read'>;
  /** Containers are created through the runtime wrapper here. */
  readonly hasWrapper: () => boolean;
  /** Told of every change of policies. */
  readonly onDecision?: ((decision: Decision) => void) | undefined;
}

/** The policies of this machine with an agent that has them in force: changes are admitted, recorded and put in force. */
export class AppliedPolicies {
  readonly store: PolicyStore;
  readonly service: EnforcementService;
  readonly #options: AppliedOptions;
  readonly #administration: PolicyAdministration;

  constructor(options: AppliedOptions) {
    this.#options = options;
    this.store = options.store;
    this.service = options.service;
    this.#administration = new PolicyAdministration(
      this.store,
      'agent',
      (policies) => this.#admit(policies),
      options.onDecision,
    );
  }

  /** Puts in force what is on the disk now. @throws StateError */
  async refresh(): Promise<void> {
    const { policies } = await this.store.read();
    await this.service.use(policies.map(({ policy }) => policy));
  }

  /** What the policies of a file are called. @throws PolicyChangeError with all problems */
  async namesIn(file: PolicyText): Promise<readonly string[]> {
    return (await this.#documents([file])).documents.map(({ policy }) => policy.name);
  }

  /** @throws PolicyChangeError with all problems; StateError */
  async apply(files: readonly PolicyText[], who: Who): Promise<ChangeReport> {
    const { documents, diagnostics } = await this.#documents(files);
    return this.#inForce(await this.#administration.apply(documents, who), diagnostics);
  }

  /** What {@link apply} would do. Changes nothing. */
  async rehearse(files: readonly PolicyText[], who: Who): Promise<ChangeReport> {
    const { documents, diagnostics } = await this.#documents(files);
    try {
      const report = await this.#administration.rehearse(documents, who);
      return { ...report, diagnostics: [...diagnostics, ...report.diagnostics] };
    } finally {
      await this.service.rest();
    }
  }

  async setMode(change: ModeChange, who: Who): Promise<ChangeReport> {
    return this.#inForce(await this.#administration.setMode(change, who));
  }

  async promote(change: ModeChange, revision: number, evidence: unknown, who: Who): Promise<ChangeReport> {
    return this.#inForce(await this.#administration.promote(change, revision, evidence, who));
  }

  async delete(names: readonly string[], who: Who): Promise<ChangeReport> {
    return this.#inForce(await this.#administration.delete(names, who));
  }

  /** The way out; recorded. True when there was something to take out. */
  async detach(who: Who): Promise<boolean> {
    const by = who.loginUser ?? who.sudoUser ?? (who.user || `uid ${who.uid}`);
    const wasThere = await this.service.detach(
      `${by} detached enforcement at ${new Date().toISOString()}: start the agent again to have it back`,
    );
    await this.#administration.recordDetach(who);
    return wasThere;
  }

  async #documents(files: readonly PolicyText[]): Promise<{
    readonly documents: readonly PolicyDocument[];
    readonly diagnostics: readonly Diagnostic[];
  }> {
    const { policies, diagnostics } = await this.#options.workshop.read(files);
    if (hasErrors(diagnostics)) throw policiesRejected(diagnostics);
    const documents = files.flatMap(({ name, text }) =>
      splitDocuments(text, policies.filter(({ span }) => span.file === name), name),
    ); // biome-ignore format: one call
    return { documents, diagnostics };
  }

  async #inForce(report: ChangeReport, warnings: readonly Diagnostic[] = []): Promise<ChangeReport> {
    if (report.changes.length > 0) await this.refresh();
    return { ...report, diagnostics: [...warnings, ...report.diagnostics] };
  }

  /** Problems that the given policies would have here together. Those that are in force already were admitted. */
  async #admit(policies: readonly RuntimePolicy[]): Promise<readonly Diagnostic[]> {
    try {
      const changed = this.#changed(policies);
      const problems: Diagnostic[] = [];
      for (const policy of changed)
        problems.push(...(await this.service.compilations.problemsOf(mergePolicies([policy]))));
      problems.push(...(await this.#mechanisms(changed)));
      problems.push(...this.#trusting(policies));
      if (!hasErrors(problems)) problems.push(...(await this.#together(new Selections(policies))));
      if (hasErrors(problems)) await this.service.rest();
      return problems;
    } catch (error) {
      await this.service.rest();
      throw error;
    }
  }

  #changed(policies: readonly RuntimePolicy[]): readonly RuntimePolicy[] {
    const before = new Map(this.service.policies.map((policy) => [policy.name, policy]));
    return policies.filter((policy) => {
      const earlier = before.get(policy.name);
      if (!isActive(policy)) return false;
      return earlier === undefined || mergePolicies([earlier]).id !== mergePolicies([policy]).id;
    });
  }

  #trusting(policies: readonly RuntimePolicy[]): readonly Diagnostic[] {
    const textOf = (policy: RuntimePolicy | undefined): string => JSON.stringify(policy?.trust ?? null);
    const before = new Map(this.service.policies.map((policy) => [policy.name, textOf(policy)]));
    const means = { wrapper: this.#options.hasWrapper() };
    return policies
      .filter((policy) => before.get(policy.name) !== textOf(policy))
      .flatMap((policy) => trustDiagnostics(policy, means));
  }

  async #mechanisms(changed: readonly RuntimePolicy[]): Promise<readonly Diagnostic[]> {
    if (!changed.some((policy) => SECTIONS.some((name) => policy[name]?.mode === 'protect'))) return [];
    const means: Means = { abilities: await this.service.means(), wrapper: this.#options.hasWrapper() };
    const { state } = this.service;
    const partly = await Promise.all(changed.map((policy) => this.#shortfalls(policy, means)));
    return changed.flatMap((policy, i): readonly Diagnostic[] => [
      ...(partly[i] ?? []),
      ...mechanismDiagnostics(policy, means),
      ...this.#afterRestart(policy, means),
      ...(state.kind === 'detached' ? [detached(policy, state.problem)] : []),
    ]);
  }

  /** Lines that deny what fanotify does not see, where nothing else judges files. */
  async #shortfalls(policy: RuntimePolicy, { abilities }: Means): Promise<readonly Diagnostic[]> {
    const file = 'problem' in abilities ? undefined : abilities.find(({ section }) => section === 'file');
    if (file?.mechanism !== 'fanotify' || policy.file?.mode !== 'protect') return [];
    const { tables } = await this.service.compilations.of(mergePolicies([policy]));
    const { fanotifyShortfalls } = await import('@runward/enforce');
    return (tables === undefined ? [] : fanotifyShortfalls(tables)).map(({ line, isEnforced, problem }) => ({
      severity: 'warning',
      code: 'ENFORCEMENT_LIMITED' satisfies EnforcementDiagnosticCode,
      message: `the line is ${isEnforced === 'not' ? 'not' : 'only partly'} enforced here: ${problem}`,
      help: 'docs/enforcement-fanotify.md says what to do instead',
      span: plainSpan(tables?.lines[line - 1]?.span ?? policy.span),
    }));
  }

  /** Sections that only a creation enforces, of containers that were created under something else. */
  #afterRestart(policy: RuntimePolicy, means: Means): readonly Diagnostic<EnforcementDiagnosticCode>[] {
    const { containers } = this.service;
    const alone = new Selections([policy]);
    return creationOnly(policy, means).flatMap((section) => {
      const digest = sectionDigest([policy], section);
      const others = containers.all.filter(
        ({ workload, hold }) => alone.for(workload) !== undefined && hold?.get(section) !== digest,
      );
      if (others.length === 0) return [];
      return [
        afterRestart(
          policy,
          section,
          others.map(({ workload, id }) => workload.name || id),
        ),
      ];
    });
  }

  /** Policies that are sound each may be too much together, for containers that several select. */
  async #together(selections: Selections): Promise<readonly Diagnostic[]> {
    const effectives = new Map(
      this.service.containers.all.flatMap(({ workload }) => {
        const effective = selections.for(workload);
        return effective === undefined || effective.policies.length < 2
          ? []
          : [[effective.id, effective] as const];
      }),
    );
    const problems: Diagnostic[] = [];
    for (const effective of effectives.values()) {
      const names = effective.policies.map(({ name }) => `\`${name}\``).join(', ');
      for (const problem of await this.service.compilations.problemsOf(effective))
        problems.push({
          ...problem,
          message: `${problem.message} (${names} together, which select the same container)`,
        });
    }
    return problems;
  }
}

const detached = (policy: RuntimePolicy, why: string): Diagnostic<EnforcementDiagnosticCode> => ({
  severity: 'warning',
  code: 'ENFORCEMENT_DETACHED',
  message: `\`${policy.name}\` is kept and not in force: ${why}`,
  help: '',
  span: policy.span,
});
