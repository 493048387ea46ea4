import type { RuntimePolicy } from '../model/policy.js';
import { isPlainPolicy, type PlainPolicy, plainPolicy, policyOfPlain } from './plain-policy.js';

/**
 * The policies that are applied on this machine, ready to use: `policies/index.json` in the state folder. Its
 * writer has read and checked the documents; who starts a container reads this one file and needs no YAML.
 */
export interface PolicyIndex {
  readonly policies: readonly IndexedPolicy[];
}

export interface IndexedPolicy {
  readonly policy: RuntimePolicy;
  /** `sha256:…` of the document as it was applied. */
  readonly digest: string;
}

interface IndexFile {
  readonly format: 1;
  readonly policies: readonly { readonly digest: string; readonly policy: PlainPolicy }[];
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** One line of JSON, the same for the same policies in any order. */
export function writePolicyIndex(index: PolicyIndex): string {
  const sorted = index.policies.toSorted((a, b) => (a.policy.name < b.policy.name ? -1 : 1));
  const file: IndexFile = {
    format: 1,
    policies: sorted.map(({ policy, digest }) => ({ digest, policy: plainPolicy(policy) })),
  };
  return `${JSON.stringify(file)}\n`;
}

/**
 * Reads what {@link writePolicyIndex} wrote. A file of any other shape gives the reason as text: whoever starts a
 * container must then refuse rather than guess which policies there were.
 */
export function readPolicyIndex(text: string): PolicyIndex | { readonly problem: string } {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    return { problem: `is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (!isRecord(file)) return { problem: 'is not a JSON object' };
  if (file.format !== 1)
    return { problem: `has format ${JSON.stringify(file.format)}; this version reads 1` };
  if (!Array.isArray(file.policies)) return { problem: 'has no list `policies`' };
  const policies: IndexedPolicy[] = [];
  for (const [position, entry] of file.policies.entries()) {
    const problem = problemOf(entry);
    if (problem !== undefined) return { problem: `has a policy (number ${position + 1}) ${problem}` };
    policies.push({ digest: entry.digest, policy: policyOfPlain(entry.policy) });
  }
  const names = policies.map(({ policy }) => policy.name);
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  return twice === undefined ? { policies } : { problem: `has policy \`${twice}\` twice` };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function problemOf(entry: unknown): string | undefined {
  if (!isRecord(entry)) return 'that is no object';
  if (typeof entry.digest !== 'string' || !DIGEST.test(entry.digest)) return 'without a sha256 digest';
  return isPlainPolicy(entry.policy) ? undefined : 'of another shape than this version writes';
}
