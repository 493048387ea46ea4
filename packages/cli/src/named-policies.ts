import { existsSync } from 'node:fs';
import type { RuntimePolicy } from '@runward/policy';
import { type Parsed, UsageError } from './command.js';
import { policyDesk } from './policy-desk.js';
import { soundPolicies } from './policy-files.js';

const isPath = (given: string): boolean => given.includes('/') || /\.ya?ml$/.test(given) || existsSync(given);

/**
 * Policies as a command line names them: files and folders, or applied ones by name. Undefined after problems of files
 * were printed.
 *
 * @throws UsageError for a name that is not there; StateError
 */
export async function namedPolicies(
  given: readonly string[],
  args: Parsed,
): Promise<readonly RuntimePolicy[] | undefined> {
  const paths = given.filter(isPath);
  const names = given.filter((each) => !isPath(each));
  const read = paths.length === 0 ? [] : soundPolicies(paths);
  if (read === undefined) return undefined;
  if (names.length === 0) return read;
  const { policies } = await (await policyDesk(args)).store.read();
  const applied = names.map((name) => {
    const found = policies.find((stored) => stored.name === name);
    if (found !== undefined) return found.policy;
    const known = policies.map((stored) => stored.name);
    throw new UsageError(
      `there is no file and no applied policy \`${name}\``,
      known.length === 0 ? 'none is applied: name a file' : `name a file, or one of ${known.join(', ')}`,
    );
  });
  const twice = applied.find(({ name }) => read.some((policy) => policy.name === name));
  if (twice !== undefined)
    throw new UsageError(`\`${twice.name}\` is named as a file and as applied`, 'leave out one of them');
  return [...read, ...applied];
}
