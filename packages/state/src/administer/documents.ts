import type { RuntimePolicy } from '@runward/policy';
import { PolicyChangeError } from './error.js';

/** A policy with the text it was read from, which has nothing else in it. */
export interface PolicyDocument {
  readonly policy: RuntimePolicy;
  readonly text: string;
  /** The file it came from, as it was named. */
  readonly source: string;
}

/**
 * Gives each policy of a file a text of its own. Of a file with several documents the others' lines are left empty, so
 * that line numbers stay those of the file its author has.
 */
export function splitDocuments(
  text: string,
  policies: readonly RuntimePolicy[],
  source: string,
): readonly PolicyDocument[] {
  const [only, ...others] = policies;
  if (only !== undefined && others.length === 0) return [{ policy: only, text, source }];
  const lines = text.split('\n');
  return policies.map((policy) => {
    const [first, end] = documentLines(lines, policy.span.line - 1);
    const own = lines.map((line, i) => (i >= first && i < end ? line : ''));
    return { policy, text: `${own.slice(0, end).join('\n')}\n`, source };
  });
}

/** From the separator before line `at`, which may be on that line, to the next one, without it. */
function documentLines(lines: readonly string[], at: number): readonly [number, number] {
  const isSeparator = (line: string | undefined): boolean => line !== undefined && /^---(?:\s|$)/.test(line);
  let first = at;
  while (first > 0 && !isSeparator(lines[first])) first -= 1;
  const end = lines.findIndex((line, i) => i > Math.max(first, at) && isSeparator(line));
  return [first, end === -1 ? lines.length : end];
}

/** @throws PolicyChangeError POLICY_TWICE */
export function refuseTwice(documents: readonly PolicyDocument[]): void {
  const seen = new Map<string, string>();
  for (const { policy, source } of documents) {
    const earlier = seen.get(policy.name);
    if (earlier !== undefined)
      throw new PolicyChangeError(
        'POLICY_TWICE',
        `the policy \`${policy.name}\` is in \`${earlier}\` and in \`${source}\``,
        { help: 'leave one out, or give it another name' },
      );
    seen.set(policy.name, source);
  }
}
