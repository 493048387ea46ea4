import { matcherOf } from '../pattern/path-pattern.js';
import type { FileObservation, WorkloadProfile } from '../profile/profile.js';
import { linesOfTree } from './file-lines.js';
import { planFile } from './file-plan.js';
import { withMoves } from './moves.js';
import { mergeNames, treeOf } from './path-tree.js';
import type { PlannedLine } from './planned-line.js';
import type { PlannedSection } from './policy-text.js';
import { flowList } from './quote.js';
import { GUARDS, isSensitive } from './sensitive.js';
import { splitTrees } from './trees.js';

/** Files: what was touched, and patterns where the same would be touched under other names the next time. */
export function planFiles({ files }: WorkloadProfile): PlannedSection {
  const known = files.filter(({ path }) => path.startsWith('/'));
  const sensitive = known.filter(({ path }) => isSensitive(actual(path)));
  const ordinary = withMoves(known.filter(({ path }) => !isSensitive(actual(path))));
  const exceptions = sensitive.map(planSensitive);
  const { lines, rest } = splitTrees(ordinary);
  const tree = treeOf(rest);
  mergeNames(tree);
  const planned = [...exceptions.map(({ line }) => line), ...lines, ...linesOfTree(tree)];
  return {
    settings: [{ key: 'default', value: 'deny', why: 'every file that no line names' }],
    lines: [...guards(exceptions), ...planned.toSorted((a, b) => compare(a.subject, b.subject))],
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A path as a container would have it: what stands for numbers is one. */
const actual = (path: string): string =>
  path
    .replace(/^\/proc\/(?:self|\[pid\])(?=\/|$)/, '/proc/1')
    .replace(/^(\/proc\/1\/task)\/\[tid\](?=\/|$)/, '$1/1');

interface Exception {
  readonly glob: string;
  readonly path: string;
  readonly line: PlannedLine;
}

/** As it was seen and by whom: only names that are sure to vary become patterns. */
function planSensitive(file: FileObservation): Exception {
  const tree = treeOf([file]);
  mergeNames(tree, '/etc');
  let [glob, at] = ['', tree];
  while (at.children.size > 0) {
    const [child] = at.children.values();
    if (child === undefined) break;
    glob += `/${child.glob}`;
    at = child;
  }
  const plan = planFile({ glob, seen: [file], reason: 'exact', note: 'sensitive', from: file.by });
  return { glob, path: actual(file.path), line: plan };
}

const guards = (exceptions: readonly Exception[]): readonly PlannedLine[] =>
  GUARDS.map(({ pattern, what }) => {
    const except = exceptions.filter(({ path }) => matcherOf(pattern)(path)).map(({ glob }) => glob);
    const but = except.length === 0 ? '' : `, except: ${flowList([...new Set(except)].sort())}`;
    return {
      ...{ verdict: 'deny', subject: pattern.text, reason: 'guard', observations: [] },
      yaml: `{ glob: ${JSON.stringify(pattern.text)}${but} }`,
      note: `${what}: no pattern below covers them${except.length === 0 ? '' : ', but for what was seen'}`,
    };
  });
