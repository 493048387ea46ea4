import type { OciLinux } from '../spec/spec.js';
import { change, type SpecChange } from './change.js';
import type { CreationPolicy } from './creation-policy.js';
import { deniedHandles } from './syscalls.js';

/** Paths of denied handles, covered or made read-only besides those that were given. */
export function restrictPaths(
  linux: OciLinux,
  policy: CreationPolicy,
): { readonly linux: OciLinux; readonly changes: readonly SpecChange[] } {
  const changes: SpecChange[] = [];
  let result = linux;
  const handles = deniedHandles(policy);
  for (const [field, kind] of [
    ['maskedPaths', 'masked'],
    ['readonlyPaths', 'readonly'],
  ] as const) {
    // biome-ignore format: a table
    const given = linux[field] ?? [];
    // A path below a given one is covered with it.
    const missing = handles.flatMap(({ means, reason }) =>
      (means[kind] ?? [])
        .filter((path) => ![...given, ...(linux.maskedPaths ?? [])].some((each) => isWithin(path, each)))
        .map((path) => ({ path, reason })),
    );
    if (missing.length === 0) continue;
    const added = [...new Set(missing.map(({ path }) => path))];
    result = { ...result, [field]: [...given, ...added] };
    changes.push(
      change(
        `linux.${field}`,
        `and ${added.join(', ')}`,
        missing.map(({ reason }) => reason),
      ),
    );
  }
  return { linux: result, changes };
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
