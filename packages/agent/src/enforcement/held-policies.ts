import { formatDiagnostic, RunwardError } from '@runward/core';
import { PolicyChangeError, type Who } from '@runward/state';
import type { AppliedPolicies, PolicyText } from './applied-policies.js';

/** Policies that this node is to hold because its server says so, as one document. */
export interface HeldPolicies {
  /** Of the document; with its version it is the source of its policies in the register. */
  readonly name: string;
  readonly version: number;
  readonly text: string;
}

export interface HeldOutcome {
  readonly name: string;
  /** '' when they are in force. */
  readonly problem: string;
  /** Of a problem: the version whose policies stay; null: none. */
  readonly holds: number | null;
}

const PREFIX = 'server/policy/';
const sourceOf = ({ name, version }: HeldPolicies): string => `${PREFIX}${name}@${version}.yaml`;
const SOURCE = /^server\/policy\/(.+)@(\d+)\.yaml$/;

/**
 * Has exactly these policies besides those that were applied here by hand. A document with a problem changes nothing: what it
 * said before stays. One at a time.
 */
export async function holdPolicies(
  applied: AppliedPolicies,
  documents: readonly HeldPolicies[],
  who: Who,
): Promise<readonly HeldOutcome[]> {
  const kept = new Set<string>();
  const outcomes: HeldOutcome[] = [];
  for (const document of documents) {
    const problem = await apply(applied, document, kept, who);
    const own = problem === '' ? [] : await ownOf(applied, document.name);
    for (const { name } of own) kept.add(name);
    outcomes.push({ name: document.name, problem, holds: own[0]?.version ?? null });
  }
  const { policies } = await applied.store.read();
  const gone = policies.filter(({ name, source }) => source.startsWith(PREFIX) && !kept.has(name));
  if (gone.length > 0)
    await applied.delete(
      gone.map(({ name }) => name),
      who,
    );
  const { state } = applied.service;
  if (!('problem' in state)) return outcomes;
  return outcomes.map((each) =>
    each.problem === '' ? { ...each, problem: `kept, and not enforced here: ${state.problem}` } : each,
  );
}

/** '' when they are in force, and `kept` has their names. */
async function apply(
  applied: AppliedPolicies,
  document: HeldPolicies,
  kept: Set<string>,
  who: Who,
): Promise<string> {
  const file: PolicyText = { name: sourceOf(document), text: document.text };
  try {
    const names = await applied.namesIn(file);
    const twice = names.find((name) => kept.has(name));
    if (twice !== undefined) return `another document of the server has the policy \`${twice}\` too`;
    const { policies } = await applied.store.read();
    const foreign = policies.find(({ name, source }) => names.includes(name) && !source.startsWith(PREFIX));
    if (foreign !== undefined)
      return `a policy \`${foreign.name}\` was applied on this node by hand: delete it here, or give this one another name`;
    await applied.apply([file], who);
    for (const name of names) kept.add(name);
    return '';
  } catch (error) {
    return reasonOf(error);
  }
}

async function ownOf(applied: AppliedPolicies, document: string) {
  const { policies } = await applied.store.read();
  return policies.flatMap(({ name, source }) => {
    const [, from, version] = SOURCE.exec(source) ?? [];
    return from === document ? [{ name, version: Number(version) }] : [];
  });
}

function reasonOf(error: unknown): string {
  if (error instanceof PolicyChangeError) {
    const first = error.details.diagnostics.find(({ severity }) => severity === 'error');
    if (first !== undefined) return formatDiagnostic(first);
  }
  if (error instanceof RunwardError) return error.message;
  return `it failed inside: ${error instanceof Error ? error.message : String(error)}`;
}
