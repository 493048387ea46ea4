import { FILE_OPERATIONS, type FileOperation } from '../model/policy.js';
import type { FileObservation } from '../profile/profile.js';
import { isPlainName, literalGlob } from './glob-text.js';
import type { SeenFile } from './moves.js';
import type { Observed, PlannedLine, Reason } from './planned-line.js';
import { flowList, quote } from './quote.js';

/** As many as one list of a line holds (`LIMITS.entries`); `by` lists are shorter, and complete below this. */
const COMPLETE_BY = 16;

export interface FilePlan {
  /** Escaped: a pattern, even if it stands for one file only. */
  readonly glob: string;
  readonly seen: readonly SeenFile[];
  readonly reason: Reason;
  readonly note: string;
  /** Only these may; undefined: any. */
  readonly from?: readonly string[];
  /** `directory` instead of a pattern: it and everything below. */
  readonly directory?: string;
}

export function planFile({ glob, seen, reason, note, from = [], directory }: FilePlan): PlannedLine {
  const operations = operationsOf(seen);
  const only =
    from.length > 0 && from.length < COMPLETE_BY && from.every((path) => path.startsWith('/'))
      ? `, from: ${flowList(from.map((path) => literalGlobOfPath(path)))}`
      : '';
  const subject = directory ?? unescaped(glob) ?? glob;
  return {
    ...{ verdict: 'allow', reason, note, subject },
    yaml: `{ ${place(glob, directory)}, operations: ${flowList(operations)}${only} }`,
    observations: seen.map(observedFile).toSorted((a, b) => (a.what < b.what ? -1 : a.what > b.what ? 1 : 0)),
  };
}

function place(glob: string, directory: string | undefined): string {
  if (directory !== undefined) return `directory: ${quote(directory)}`;
  const path = unescaped(glob);
  return path === undefined ? `glob: ${quote(glob)}` : `path: ${quote(path)}`;
}

/** The one path a pattern stands for; undefined where it stands for several. */
function unescaped(glob: string): string | undefined {
  return /(?<!\\)(?:\\\\)*[*?[\]{},]/.test(glob) ? undefined : glob.replace(/\\(.)/g, '$1');
}

/** In `from` a text with wildcards is a pattern. */
const literalGlobOfPath = (path: string): string =>
  isPlainName(path) ? path : path.split('/').map(literalGlob).join('/');

/** Of a file the workload makes itself reading gives nothing away, and comes sooner or later. */
function operationsOf(seen: readonly SeenFile[]): readonly FileOperation[] {
  const did = (name: FileOperation): boolean =>
    seen.some(({ operations, moves = [] }) => operations.includes(name) || moves.includes(name));
  return FILE_OPERATIONS.filter((name) => did(name) || (name === 'read' && (did('create') || did('rename'))));
}

const observedFile = ({ path, operations, by, ...seen }: FileObservation): Observed => ({
  what: `${operations.join(', ')} ${path}`,
  by,
  ...{ count: seen.count, firstMs: seen.firstMs, lastMs: seen.lastMs, startup: seen.startup },
  ...{ steady: seen.steady, replicas: seen.replicas },
});
