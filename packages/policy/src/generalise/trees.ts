import type { FileObservation } from '../profile/profile.js';
import { planFile } from './file-plan.js';
import type { PlannedLine } from './planned-line.js';

/**
 * Folders whose files belong together: which of them a program reads depends on the language, the time zone, the
 * request. `least`: so many must have been read before the whole is allowed.
 */
const TREES: readonly { readonly root: RegExp; readonly what: string; readonly least: number }[] = [
  { root: /^\/(?:usr\/)?lib\/[a-z0-9_]+-linux-[a-z0-9]+(?=\/)/, what: 'libraries', least: 2 },
  { root: /^\/(?:usr\/)?lib(?:32|64|x32)(?=\/)/, what: 'libraries', least: 2 },
  {
    root: /^\/usr\/(?:share\/zoneinfo|share\/locale|lib\/locale|share\/i18n|share\/icu)(?=\/)/,
    what: 'language and time',
    least: 1,
  },
  {
    root: /^\/etc\/ssl\/certs(?=\/)|^\/usr\/share\/ca-certificates(?=\/)/,
    what: 'public certificates',
    least: 1,
  },
  { root: /^\/usr\/(?:local\/)?(?:lib|share|libexec)\/[^/]+(?=\/)/, what: 'files of one package', least: 3 },
  { root: /^(?:\/[^/]+)+?\/(?:node_modules|site-packages|dist-packages)(?=\/)/, what: 'modules', least: 3 },
];

const READING: ReadonlySet<string> = new Set(['read', 'execute']);
const reads = ({ operations }: FileObservation): boolean => operations.every((name) => READING.has(name));

/** Lines for such folders, and what is left of the files. Only reading is widened, never by who wrote there. */
export function splitTrees(files: readonly FileObservation[]): {
  readonly lines: readonly PlannedLine[];
  readonly rest: readonly FileObservation[];
} {
  const rest: FileObservation[] = [];
  const found = new Map<
    string,
    { readonly what: string; readonly least: number; readonly seen: FileObservation[] }
  >();
  for (const file of files) {
    const tree = reads(file) ? treeOfPath(file.path) : undefined;
    if (tree === undefined) {
      rest.push(file);
      continue;
    }
    const group = found.get(tree.root) ?? { ...tree, seen: [] };
    group.seen.push(file);
    found.set(tree.root, group);
  }
  const lines: PlannedLine[] = [];
  for (const [root, { what, least, seen }] of found) {
    if (seen.length < least) rest.push(...seen);
    else lines.push(planFile({ glob: root, directory: root, seen, reason: 'tree', note: what }));
  }
  return { lines, rest };
}

function treeOfPath(path: string): { root: string; what: string; least: number } | undefined {
  for (const { root, what, least } of TREES) {
    const [match] = root.exec(path) ?? [];
    // A name that holds wildcards or control characters is nobody's package.
    if (match !== undefined && /^[\w./+@:-]+$/.test(match)) return { root: match, what, least };
  }
  return undefined;
}
