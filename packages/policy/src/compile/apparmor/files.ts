import type { EffectiveLine } from '../../decide/effective.js';
import type { FileLine, FileOperation } from '../../model/policy.js';
import type { Shortfalls } from '../export/exported.js';
import { Overlaps } from '../export/overlaps.js';
import { defaultDenial, type ExportSubject, linesOf } from '../export/subject.js';
import { pathTexts } from './glob.js';
import { type PathLine, pathRules } from './path-rules.js';
import type { RuleGroup } from './rule.js';

/** All that AppArmor takes together as `w`. */
const CHANGING: readonly FileOperation[] = ['write', 'create', 'delete', 'rename', 'chmod', 'chown'];

type FileEntry = EffectiveLine & { readonly terms: { readonly kind: 'file'; readonly line: FileLine } };

const isFile = (line: EffectiveLine): line is FileEntry => line.terms.kind === 'file';

export function fileRules(subject: ExportSubject, shortfalls: Shortfalls): readonly RuleGroup[] {
  const denies = defaultDenial(subject, 'file');
  const lines = linesOf(subject, 'file').filter(isFile);
  const overlaps = new Overlaps(lines.map(({ terms }) => terms.line.pattern));
  const told = lines.flatMap((line): readonly PathLine[] => {
    const { pattern, except, ownerOnly, from } = line.terms.line;
    if (from.length > 0) {
      shortfalls.wider(line, 'which program does it (`from`)');
      if (line.verdict === 'deny') return [];
    }
    const owner = ownerOnly ? 'owner ' : '';
    return [{ line, pattern, except, owner, ...permissionsOf(line, lines, overlaps, shortfalls) }];
  });
  const everything = {
    comment: 'files: what no rule denies is allowed',
    rules: ['"/{,**}" rwlkm'],
  };
  return pathRules(told, { texts: pathTexts, everything, denies }, shortfalls);
}

/** Locks are nobody's business in a policy: who may read or write a file may lock it. */
function permissionsOf(
  entry: FileEntry,
  all: readonly FileEntry[],
  overlaps: Overlaps,
  shortfalls: Shortfalls,
): Pick<PathLine, 'permissions' | 'excess'> {
  const { operations, pattern } = entry.terms.line;
  const denies = entry.verdict === 'deny';
  const changes = CHANGING.filter((name) => operations.includes(name));
  const others = CHANGING.filter((name) => !operations.includes(name));
  const isPart = changes.length > 0 && others.length > 0;
  // Denying one would take the others from a line that allows them.
  const isNeeded =
    denies &&
    isPart &&
    all.some(
      ({ verdict, terms: { line } }) =>
        verdict === 'allow' &&
        line.operations.some((name) => others.includes(name)) &&
        overlaps.meet(line.pattern, pattern),
    );
  if (isNeeded) shortfalls.wider(entry, PARTS);
  const writes = changes.length > 0 && !isNeeded;
  const reads = operations.includes('read');
  const permissions = [
    reads ? 'r' : '',
    writes ? 'w' : '',
    operations.includes('link') ? 'l' : '',
    !denies && (reads || writes) ? 'k' : '',
    operations.includes('execute') ? 'm' : '',
  ].join('');
  return { permissions, excess: isPart && !isNeeded ? PARTS : '' };
}

const PARTS = 'writing without creating, deleting, renaming and changing the mode';
