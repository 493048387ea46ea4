import type { EffectiveLine } from '../../decide/effective.js';
import type { Shortfalls } from '../export/exported.js';
import { reasonOf } from '../export/reasons.js';
import { defaultDenial, type ExportSubject, linesOf } from '../export/subject.js';
import { programText } from './glob.js';
import { type PathLine, pathRules } from './path-rules.js';
import type { RuleGroup } from './rule.js';

/** Which programs may start. They stay in the profile (`ix`): what they may do is the same for all. */
export function programRules(subject: ExportSubject, shortfalls: Shortfalls): readonly RuleGroup[] {
  const lines = linesOf(subject, 'process');
  const told = lines.flatMap((line) => pathLine(line, shortfalls));
  const settings = lines.flatMap((line) => setting(line, shortfalls));
  const everything = {
    comment: 'programs: what no rule denies may start',
    rules: ['"/{,**}" ix'],
  };
  const denies = defaultDenial(subject, 'process');
  return [
    ...pathRules(told, { texts: (pattern) => [programText(pattern)], everything, denies }, shortfalls),
    ...(denies === undefined ? settings : []),
  ];
}

function pathLine(line: EffectiveLine, shortfalls: Shortfalls): readonly PathLine[] {
  if (line.terms.kind !== 'process') return [];
  const { pattern, except, sha256, arguments: args, ancestors } = line.terms.line;
  const conditions = [
    ...(sha256.length > 0 ? ['the digest of a program'] : []),
    ...(args.length > 0 ? ['its arguments'] : []),
    ...(ancestors.length > 0 ? ['which programs are above it'] : []),
  ];
  for (const condition of conditions) shortfalls.wider(line, condition);
  if (conditions.length > 0 && line.verdict === 'deny') return [];
  const permissions = line.verdict === 'deny' ? 'x' : 'ix';
  return [{ line, pattern, except, owner: '', permissions, excess: '' }];
}

function setting(line: EffectiveLine, shortfalls: Shortfalls): readonly RuleGroup[] {
  if (line.terms.kind !== 'setting') return [];
  if (line.terms.setting === 'drift') shortfalls.wider(line, 'whether a program is of the image');
  if (line.terms.setting !== 'fileless') return [];
  return [{ comment: `programs from memory: ${reasonOf(line)}`, rules: ['deny "/memfd:**" x'] }];
}
