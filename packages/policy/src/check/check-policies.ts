import { compileForKernel } from '../compile/kernel/compile.js';
import type { EffectiveLine } from '../decide/effective.js';
import { mergePolicies } from '../decide/merge.js';
import { type PolicyDiagnostic, policyDiagnostic } from '../diagnostics/codes.js';
import { MAX_COMPARED_STATES } from '../language/automaton.js';
import { type RuntimePolicy, SECTIONS, type SectionName } from '../model/policy.js';
import { lineLabel } from '../words/line-label.js';
import { type Idle, idleLines } from './decidable.js';
import { mayOverlap } from './overlap.js';

/** Pairs of policies that are compared; each takes milliseconds. */
const MAX_PAIRS = 5000;

/**
 * What is wrong with policies beyond how they are written: what does not fit into the kernel, lines that can decide
 * nothing, and lines of policies that can select the same container and contradict each other. Sections that are off or
 * learning are looked at as if they were in force.
 */
export function checkPolicies(
  policies: readonly RuntimePolicy[],
  maxStates = MAX_COMPARED_STATES,
): readonly PolicyDiagnostic[] {
  const inForce = policies.map(inProtect);
  const pairs = overlapping(inForce);
  const found = [
    ...inForce.flatMap((policy) => [
      ...compileForKernel(mergePolicies([policy])).diagnostics,
      ...withinPolicy(policy, maxStates),
      ...idleAllowances(policy, inForce),
    ]),
    ...pairs.slice(0, MAX_PAIRS).flatMap(([a, b]) => betweenPolicies(a, b)),
  ];
  const [left] = pairs.slice(MAX_PAIRS);
  if (left === undefined) return found;
  const message = `${pairs.length} pairs of policies can select the same container; ${MAX_PAIRS} of them were compared`;
  return [
    ...found,
    warn('POLICY_UNCHECKED', message, 'check fewer at once, or narrow their selectors', left[0].span),
  ];
}

const warn = (
  code: Parameters<typeof policyDiagnostic>[0],
  message: string,
  help: string,
  span: EffectiveLine['span'],
): PolicyDiagnostic => policyDiagnostic(code, message, help, span, '');

function inProtect(policy: RuntimePolicy): RuntimePolicy {
  const sections = SECTIONS.flatMap((name) => {
    const section = policy[name];
    return section === undefined ? [] : [[name, { ...section, mode: 'protect' }] as const];
  });
  return { ...policy, ...Object.fromEntries(sections) };
}

const placeOf = ({ span }: EffectiveLine): string => `${span.file}:${span.line}`;

function withinPolicy(policy: RuntimePolicy, maxStates: number): readonly PolicyDiagnostic[] {
  return [...mergePolicies([policy]).sections].flatMap(([name, { lines }]) => {
    const idle = idleLines(lines, maxStates);
    if (idle === undefined) return [uncompared(name, policy)];
    return [...idle].map(([line, why]) => idleDiagnostic(line, why));
  });
}

const uncompared = (name: SectionName, policy: RuntimePolicy): PolicyDiagnostic =>
  warn(
    'POLICY_UNCHECKED',
    `the lines of \`${name}\` were not compared: their patterns come to too many states`,
    'use directories and paths in place of stars',
    policy[name]?.span ?? policy.span,
  );

function idleDiagnostic(line: EffectiveLine, idle: Idle): PolicyDiagnostic {
  const label = lineLabel(line);
  if (idle.kind === 'never')
    return warn(
      'POLICY_LINE_NEVER',
      `\`${label}\` is about nothing: ${idle.why}`,
      'correct or remove it',
      line.span,
    );
  const [first] = idle.by;
  const others = idle.by.map((by) => `\`${lineLabel(by)}\` at ${placeOf(by)}`).join(', ');
  if (first !== undefined && first.verdict !== line.verdict)
    return warn(
      'POLICY_CONFLICT',
      `\`${label}\` allows nothing: all of it is denied, and a line that denies counts more`,
      `see ${others}; exceptions are written there, with \`except\``,
      line.span,
    );
  if (first !== undefined && idle.by.length === 1 && sameTerms(first, line))
    return warn(
      'POLICY_LINE_DUPLICATE',
      `\`${label}\` is there twice`,
      `it is at ${placeOf(first)} as well: remove one`,
      line.span,
    );
  return warn(
    'POLICY_LINE_COVERED',
    `\`${label}\` decides nothing: lines before it are about all of it`,
    `see ${others}; remove it, or put it before them so that it is the one that is named`,
    line.span,
  );
}

function sameTerms(a: EffectiveLine, b: EffectiveLine): boolean {
  const bare = ({ terms }: EffectiveLine): string =>
    JSON.stringify('line' in terms ? { ...terms.line, span: 0, comment: '' } : terms);
  return bare(a) === bare(b);
}

/** Lines that allow where nothing denies by default: mostly `default: deny` was forgotten. */
function idleAllowances(policy: RuntimePolicy, all: readonly RuntimePolicy[]): readonly PolicyDiagnostic[] {
  return SECTIONS.flatMap((name) => {
    const section = policy[name];
    if (section === undefined || !('allow' in section) || section.default === 'deny') return [];
    const [first] = section.allow;
    if (first === undefined) return [];
    const denies = all.some(
      (other) => other[name]?.default === 'deny' && mayOverlap(policy.selector, other.selector),
    );
    if (denies) return [];
    const message = `what \`${name}\` allows is allowed anyway: nothing denies by default`;
    const help = `add \`default: deny\`, or check it together with the policy that has it`;
    return [warn('POLICY_LINE_IDLE', message, help, first.span)];
  });
}

const CONTRADICTING = SECTIONS.filter((name) => name !== 'privilege');

const listsOf = (
  policy: RuntimePolicy,
  name: SectionName,
): { readonly allows: boolean; readonly denies: boolean } => {
  const section = policy[name];
  const has = section !== undefined && 'allow' in section;
  return { allows: has && section.allow.length > 0, denies: has && section.deny.length > 0 };
};

/** Pairs that can contradict each other: one allows and the other denies in the same section. */
function overlapping(
  policies: readonly RuntimePolicy[],
): readonly (readonly [RuntimePolicy, RuntimePolicy])[] {
  return policies.flatMap((a, at) =>
    policies.slice(at + 1).flatMap((b) => {
      const meet = CONTRADICTING.some((name) => {
        const [one, other] = [listsOf(a, name), listsOf(b, name)];
        return (one.allows && other.denies) || (other.allows && one.denies);
      });
      return meet && mayOverlap(a.selector, b.selector) ? [[a, b] as const] : [];
    }),
  );
}

function betweenPolicies(a: RuntimePolicy, b: RuntimePolicy): readonly PolicyDiagnostic[] {
  return [...mergePolicies([a, b]).sections].flatMap(([, { lines }]) =>
    [...(idleLines(lines) ?? [])].flatMap(([line, idle]) => {
      if (idle.kind === 'never') return [];
      const conflicts = idle.by.filter((by) => by.policy !== line.policy && by.verdict !== line.verdict);
      if (conflicts.length < idle.by.length) return [];
      const others = conflicts
        .map((by) => `\`${lineLabel(by)}\` of ${by.policy} at ${placeOf(by)}`)
        .join(', ');
      return [
        warn(
          'POLICY_CONFLICT',
          `\`${lineLabel(line)}\` allows nothing where \`${conflicts[0]?.policy}\` selects the container too`,
          `see ${others}; a line that denies counts more, whosever it is`,
          line.span,
        ),
      ];
    }),
  );
}
