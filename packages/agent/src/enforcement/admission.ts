import { type Diagnostic, plainSpan } from '@runward/core';
import type { SectionAbility } from '@runward/enforce';
import { creationPolicy, handlesBeyondCreation, sectionsBeyondCreation } from '@runward/oci';
import { type EffectivePolicy, mergePolicies, type RuntimePolicy, type SectionName } from '@runward/policy';
import { deniedHandles, lacksMechanism, unheldHandles } from './unheld-handles.js';

/** Problems of policies on this machine, as against problems of their text. Documented in docs/errors/agent.md. */
export type EnforcementDiagnosticCode =
  | 'ENFORCEMENT_NO_MECHANISM'
  | 'ENFORCEMENT_UNAVAILABLE'
  | 'ENFORCEMENT_LIMITED'
  | 'ENFORCEMENT_AFTER_RESTART'
  | 'ENFORCEMENT_DETACHED';

/** What this machine can do, as far as admission asks. */
export interface Means {
  /** One per section; undefined while the kernel's enforcement cannot be had, with why. */
  readonly abilities: readonly SectionAbility[] | { readonly problem: string };
  /** Containers are created through the runtime wrapper here. */
  readonly wrapper: boolean;
}

/**
 * Says which sections in protect nothing on this machine enforces. A section has a mechanism when the kernel enforces
 * it, or when the settings of a container do and containers are created through the runtime wrapper.
 */
export function mechanismDiagnostics(
  policy: RuntimePolicy,
  means: Means,
): readonly Diagnostic<EnforcementDiagnosticCode>[] {
  const effective = mergePolicies([policy]);
  const beyond = beyondCreation(effective);
  return [...effective.sections].flatMap(([name, { enforced }]) => {
    if (!enforced) return [];
    if (name === 'kernelSurface') return surfaceDiagnostics(policy, effective, means);
    return sectionDiagnostics(policy, name, !beyond.has(name), means);
  });
}

/** Sections in protect that only the creation of a container enforces here. */
export function creationOnly(policy: RuntimePolicy, { abilities, wrapper }: Means): readonly SectionName[] {
  if ('problem' in abilities || !wrapper) return [];
  const effective = mergePolicies([policy]);
  const beyond = beyondCreation(effective);
  const denied = deniedHandles(effective);
  const inKernel = new Set(
    abilities.flatMap((ability) => (lacksMechanism(ability, denied) ? [] : [ability.section])),
  );
  return [...effective.sections].flatMap(([name, { enforced }]) =>
    enforced && !beyond.has(name) && !inKernel.has(name) ? [name] : [],
  );
}

function beyondCreation(effective: EffectivePolicy): ReadonlySet<SectionName> {
  const demands = creationPolicy(effective);
  return new Set(demands === undefined ? [] : sectionsBeyondCreation(demands));
}

/** Handles may be divided: some hold by the container's specification, some by the kernel. */
function surfaceDiagnostics(
  policy: RuntimePolicy,
  effective: EffectivePolicy,
  means: Means,
): readonly Diagnostic<EnforcementDiagnosticCode>[] {
  const { abilities, wrapper } = means;
  const demands = creationPolicy(effective);
  const beyond = demands === undefined ? [] : handlesBeyondCreation(demands);
  const ability =
    'problem' in abilities ? undefined : abilities.find(({ section }) => section === 'kernelSurface');
  if (ability?.partly === undefined || ability.mechanism !== undefined)
    return sectionDiagnostics(policy, 'kernelSurface', beyond.length === 0, means);
  const denied = deniedHandles(effective);
  const left = unheldHandles(ability, wrapper ? beyond : denied);
  if (left.length > 0) {
    const creatable = left.every((handle) => !beyond.includes(handle));
    return [noMechanism(policy, 'kernelSurface', `${left.join(', ')}: ${ability.problem}`, creatable)];
  }
  const { mechanism, handles } = ability.partly;
  const byKernel = denied.filter((handle) => handles.includes(handle));
  if (byKernel.length === 0) return [];
  const what = `\`kernelSurface\` is enforced by ${mechanism} here (${byKernel.join(', ')}), within limits: ${ability.limits.join('; ')}`;
  const say = teller(policy, 'kernelSurface');
  return [say('warning', 'ENFORCEMENT_LIMITED', what, 'docs/policies.md says what each mechanism can do')];
}

function sectionDiagnostics(
  policy: RuntimePolicy,
  name: SectionName,
  creatable: boolean,
  { abilities, wrapper }: Means,
): readonly Diagnostic<EnforcementDiagnosticCode>[] {
  const ability = 'problem' in abilities ? undefined : abilities.find(({ section }) => section === name);
  const say = teller(policy, name);
  const isUnkept = ability?.mechanism === 'fanotify' && policy[name]?.onFailure === 'closed';
  if (ability?.mechanism !== undefined && !isUnkept) {
    if (ability.noIngress !== undefined && asksForIngress(policy))
      return [ingressDiagnostic(policy, ability)];
    if (ability.limits.length === 0) return [];
    const what = `\`${name}\` is enforced by ${ability.mechanism} here, within limits: ${ability.limits.join('; ')}`;
    return [say('warning', 'ENFORCEMENT_LIMITED', what, 'docs/policies.md says what each mechanism can do')];
  }
  if (creatable && wrapper) return [];
  const why = isUnkept
    ? UNKEPT
    : 'problem' in abilities
      ? abilities.problem
      : ability?.problem || 'the kernel has no hook for it';
  const code = 'problem' in abilities ? 'ENFORCEMENT_UNAVAILABLE' : 'ENFORCEMENT_NO_MECHANISM';
  return [noMechanism(policy, name, why, creatable, code)];
}

function noMechanism(
  policy: RuntimePolicy,
  name: SectionName,
  why: string,
  creatable: boolean,
  code: EnforcementDiagnosticCode = 'ENFORCEMENT_NO_MECHANISM',
): Diagnostic<EnforcementDiagnosticCode> {
  const isRefused = policy[name]?.onMissing !== 'alert';
  const how = creatable
    ? 'create containers through the runtime wrapper, which enforces it (docs/runtime-wrapper.md), or '
    : '';
  const else_ = isRefused
    ? `${how}put the section in monitor, or write \`onMissing: alert\` to have it in force all the same and not enforced`
    : `${how}run the workload where it can be enforced`;
  const say = teller(policy, name);
  return say(
    isRefused ? 'error' : 'warning',
    code,
    `nothing on this machine enforces \`${name}\`: ${why}`,
    else_,
  );
}

/** Connecting is judged where it is asked for; whoever connects from elsewhere asks nobody here. */
const asksForIngress = ({ network }: RuntimePolicy): boolean =>
  network !== undefined &&
  (network.ingress === 'deny' ||
    network.limits?.egress !== undefined ||
    network.limits?.ingress !== undefined ||
    network.deny.some(({ operation }) => operation === 'accept'));

function ingressDiagnostic(
  policy: RuntimePolicy,
  { noIngress, limits }: SectionAbility,
): Diagnostic<EnforcementDiagnosticCode> {
  const isRefused = policy.network?.onMissing !== 'alert';
  return teller(policy, 'network')(
    isRefused ? 'error' : 'warning',
    'ENFORCEMENT_NO_MECHANISM',
    `nothing on this machine enforces \`ingress\` and bandwidth of \`network\`: ${noIngress}`,
    isRefused
      ? 'put the section in monitor, leave out `ingress`, limits of bandwidth and lines that deny `accept`, or write `onMissing: alert` to have the rest enforced'
      : `the rest is enforced, within limits: ${limits.join('; ')}`,
  );
}

const UNKEPT = 'fanotify lets everything through when the agent ends, and the section is `onFailure: closed`';

const teller =
  (policy: RuntimePolicy, name: SectionName) =>
  (severity: Diagnostic['severity'], code: EnforcementDiagnosticCode, message: string, help: string) => ({
    ...{ severity, code, message, help },
    span: plainSpan(policy[name]?.keys?.mode ?? policy[name]?.span ?? policy.span),
  });

/** Running containers that were created under something else than the policy now asks for. */
export function afterRestart(
  policy: RuntimePolicy,
  section: SectionName,
  names: readonly string[],
): Diagnostic<EnforcementDiagnosticCode> {
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ' …' : '');
  const are = names.length === 1 ? 'a container keeps' : `${names.length} containers keep`;
  return teller(policy, section)(
    'warning',
    'ENFORCEMENT_AFTER_RESTART',
    `${are} what \`${section}\` was when they were created: ${shown}`,
    'only the creation of a container enforces this section here: start them again through the runtime wrapper',
  );
}

/** Images are refused where containers are created; elsewhere a policy in protect only hears of them afterwards. */
export function trustDiagnostics(
  { name, trust }: RuntimePolicy,
  { wrapper }: Pick<Means, 'wrapper'>,
): readonly Diagnostic<EnforcementDiagnosticCode>[] {
  if (trust?.mode !== 'protect' || wrapper) return [];
  return [
    {
      severity: 'warning',
      code: 'ENFORCEMENT_NO_MECHANISM',
      message: `no container was created through the runtime wrapper here: an image that \`${name}\` does not trust is reported, and starts`,
      help: 'set the wrapper or NRI up (docs/runtime-wrapper.md); with NRI alone this is told all the same',
      span: plainSpan(trust.span),
    },
  ];
}
