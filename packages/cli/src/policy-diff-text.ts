import { actionText, type DecisionChange, lineLabel, type PolicyDifference, RISKS } from '@runward/policy';
import { lineRow, placeText } from './policy-explain-text.js';
import { visible } from './terminal.js';

const NAMES_SHOWN = 20;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  const more = names.length - NAMES_SHOWN;
  return more > 0 ? `${shown} and ${more} more (--json has them all)` : shown;
}

function says(who: string, line: DecisionChange['before'], verdict: 'allowed' | 'denied'): string {
  if (line === undefined) return `${who}: ${verdict}, nothing is said of it`;
  const comment = line.comment === '' ? '' : ` “${line.comment}”`;
  return visible(
    `${who}: ${verdict} by \`${lineLabel(line)}\` of ${line.policy}, ${placeText(line)}${comment}`,
  );
}

function changeText(change: DecisionChange, a: string, b: string): readonly string[] {
  const { section, what, by, examples, before, after, direction } = change;
  const who = by.length === 0 ? '' : ` by ${by.join(', ')} and the like`;
  const named =
    section === 'capabilities' ||
    section === 'syscalls' ||
    section === 'kernelSurface' ||
    section === 'privilege';
  const allows = direction === 'allows';
  return [
    `    ${section}${what.length === 0 ? '' : `: ${listed(what)}`}${visible(who)}`,
    ...(named ? [] : examples.map((action) => `        such as ${visible(actionText(action))}`)),
    `        ${says(a, before, allows ? 'denied' : 'allowed')}`,
    `        ${says(b, after, allows ? 'allowed' : 'denied')}`,
  ];
}

/** What `b` says differently from `a`, in plain words. */
export function policyDiffText(
  { changes, settings, limits }: PolicyDifference,
  a: string,
  b: string,
): string {
  const rows: string[] = [];
  const more = changes.filter(({ direction }) => direction === 'allows');
  const less = changes.filter(({ direction }) => direction === 'denies');
  if (more.length > 0) rows.push(visible(`${b} allows what ${a} denies:`));
  for (const risk of RISKS) {
    const some = more.filter((change) => change.risk === risk);
    if (some.length > 0) rows.push(`  ${risk} risk`, ...some.flatMap((change) => changeText(change, a, b)));
  }
  if (less.length > 0)
    rows.push(
      visible(`${b} denies what ${a} allows:`),
      ...less.flatMap((change) => changeText(change, a, b)),
    );
  if (settings.length > 0) rows.push('Settings:');
  for (const { section, setting, before, after } of settings)
    rows.push(`    ${section} ${setting}: ${before} → ${after}`);
  if (rows.length === 0) rows.push('They decide everything alike.');
  for (const limit of limits) rows.push(`Not compared in full: ${visible(limit)}`);
  return `${rows.join('\n')}\n`;
}

/** A difference for machines. */
export const policyDiffRow = ({ changes, settings, limits }: PolicyDifference, a: string, b: string) => ({
  ...{ a, b },
  changes: changes.map(({ examples, before, after, risk, ...change }) => ({
    ...change,
    risk: risk ?? null,
    examples: examples.map(actionText),
    before: lineRow(before),
    after: lineRow(after),
  })),
  settings,
  limits,
});
