import { appArmorName } from '../../model/export-names.js';
import { CAPABILITY_NAMES } from '../../read/line-shapes.js';
import { type Exported, nothingToSay, Shortfalls } from '../export/exported.js';
import { reasonOf } from '../export/reasons.js';
import { defaultDenial, type ExportSubject, lineAboutName, linesOf } from '../export/subject.js';
import { fileRules } from './files.js';
import { programRules } from './programs.js';
import { comment, groupText, quoted, type RuleGroup } from './rule.js';
import { networkRules } from './sockets.js';
import { mountRules, processRules, surfaceRules } from './surface.js';

const FORMAT = 'AppArmor';
const SECTIONS = ['process', 'file', 'network', 'capabilities', 'kernelSurface'] as const;

/** A profile for apparmor_parser of AppArmor 3 and later. Whatever a section does not restrict it allows. */
export function exportAppArmor(subject: ExportSubject): Exported {
  if (SECTIONS.every((section) => linesOf(subject, section).length === 0))
    return nothingToSay(subject, FORMAT, SECTIONS);
  const shortfalls = new Shortfalls();
  const profile = appArmorName(subject.name);
  const groups = [
    ...programRules(subject, shortfalls),
    ...fileRules(subject, shortfalls),
    ...networkRules(subject, shortfalls),
    ...capabilityRules(subject),
    ...mountRules(subject),
    ...processRules(subject, profile),
    ...surfaceRules(subject, shortfalls),
  ];
  const lines = [
    ...comment(
      `Made by runward from ${subject.effective.policies.map(({ name }) => name).join(', ')}. Load it with apparmor_parser -r; a container names it as its AppArmor profile.`,
    ).map((line) => line.trimStart()),
    // Files of an overlay may be out of reach of the root, and those deleted still open.
    `profile ${quoted(profile)} flags=(attach_disconnected,mediate_deleted) {`,
    ...groups.flatMap(groupText),
    '}',
  ];
  return { text: `${lines.join('\n')}\n`, diagnostics: shortfalls.diagnostics(FORMAT) };
}

function capabilityRules(subject: ExportSubject): readonly RuleGroup[] {
  const denies = defaultDenial(subject, 'capabilities');
  const groups = CAPABILITY_NAMES.toSorted().flatMap((name): readonly RuleGroup[] => {
    const line = lineAboutName(subject, 'capabilities', name);
    if (line === undefined || line === denies) return [];
    if (denies === undefined && line.verdict === 'allow') return [];
    const verdict = line.verdict === 'deny' ? 'deny ' : '';
    return [{ comment: reasonOf(line), rules: [`${verdict}capability ${name.toLowerCase()}`] }];
  });
  const everything = { comment: 'capabilities: what no rule denies is allowed', rules: ['capability'] };
  return denies === undefined ? [everything, ...groups] : groups;
}
