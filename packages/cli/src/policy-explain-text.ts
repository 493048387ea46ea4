import type { EffectiveLine, EffectivePolicy, Explanation, Outcome, SectionName } from '@runward/policy';
import { actionText, lineLabel, lineWords } from '@runward/policy';
import { type Paint, visible } from './terminal.js';

/** `file.yaml:12:7`. */
export const placeText = ({ span }: EffectiveLine): string =>
  visible(`${span.file}:${span.line}:${span.column}`);

const OUTCOMES = {
  allow: ['allowed', 'bold'],
  'would-deny': ['allowed, and reported as one that would be denied', 'yellow'],
  deny: ['denied', 'red'],
} as const satisfies Record<Outcome, readonly [string, 'bold' | 'yellow' | 'red']>;

const lineText = (line: EffectiveLine): string =>
  `${visible(line.policy)}, ${placeText(line)}: ${visible(lineWords(line))} (${line.mode})`;

/** What decides about an action and why. */
export function explanationText(explanation: Explanation, paint: Paint): string {
  const { action, outcome, line, section, others, near, notes } = explanation;
  const [word, colour] = OUTCOMES[outcome];
  const rows = [`${visible(actionText(action))}: ${paint(colour, word)}`];
  if (line === undefined) rows.push(...silence(explanation));
  else {
    rows.push(`  by ${lineText(line)}`);
    if (line.comment !== '') rows.push(`     “${visible(line.comment)}”`);
  }
  const before = others.filter(({ id }) => line !== undefined && id < line.id);
  const after = others.filter((other) => !before.includes(other));
  for (const other of before) rows.push(`  before it, without a say in protect: ${lineText(other)}`);
  if (after.length > 0) rows.push('  had it not been for that line:');
  for (const other of after) rows.push(`     ${lineText(other)}`);
  if (near.length > 0) rows.push('  not about it:');
  for (const { line: other, why } of near) rows.push(`     ${lineText(other)}: ${visible(why)}`);
  const silent = [...explanation.modes].filter(
    ([, mode]) => mode === undefined || mode === 'off' || mode === 'learn',
  );
  for (const [policy, mode] of silent)
    rows.push(`  ${visible(policy)} has no part in it: its \`${section}\` is ${mode ?? 'not there'}`);
  for (const note of notes) rows.push(`  note: ${visible(note)}`);
  return rows.join('\n');
}

function silence({ section, modes }: Explanation): readonly string[] {
  if (modes.size === 0) return ['  no policy selects this workload'];
  return [`  no line of a policy's \`${section}\` is about it, and none denies by default`];
}

/** An effective policy in plain words, each line with where it comes from. */
export function effectiveText({ policies, sections }: EffectivePolicy): string {
  if (policies.length === 0) return 'no policy selects this workload: everything is allowed';
  const rows = [
    `${policies.length === 1 ? 'policy' : 'policies'}: ${policies.map(({ name }) => visible(name)).join(', ')}`,
  ];
  for (const [name, section] of sections) {
    const how = section.enforced ? 'denies' : 'reports what it would deny';
    const kills = section.response === 'kill' ? ' and kills' : '';
    rows.push('', `${name} (${how}${kills}; when Runward cannot answer: ${section.onFailure})`);
    for (const line of section.lines) {
      rows.push(
        `  ${visible(lineWords(line))}`,
        `      ${visible(line.policy)} in ${line.mode}, ${placeText(line)}`,
      );
      if (line.comment !== '') rows.push(`      “${visible(line.comment)}”`);
    }
    if (!section.lines.some(({ terms }) => terms.kind === 'default')) rows.push('  allows everything else');
  }
  const silent = ALL.filter((name) => !sections.has(name));
  if (silent.length > 0) rows.push('', `nothing is said of ${silent.join(', ')}: allowed`);
  return rows.join('\n');
}

const ALL: readonly SectionName[] = [
  ...(['process', 'file', 'network', 'capabilities', 'syscalls', 'kernelSurface', 'privilege'] as const),
];

/** A line for machines. */
export const lineRow = (line: EffectiveLine | undefined) =>
  line === undefined
    ? null
    : {
        policy: line.policy,
        section: line.section,
        verdict: line.verdict,
        mode: line.mode,
        label: lineLabel(line),
        words: lineWords(line),
        comment: line.comment,
        file: line.span.file,
        line: line.span.line,
        column: line.span.column,
      };

/** An explanation for machines. */
export const explanationRow = (explanation: Explanation) => ({
  action: actionText(explanation.action),
  section: explanation.section,
  outcome: explanation.outcome,
  line: lineRow(explanation.line),
  enforced: {
    verdict: explanation.decision.enforced.verdict,
    line: lineRow(explanation.decision.enforced.line),
  },
  watched: {
    verdict: explanation.decision.watched.verdict,
    line: lineRow(explanation.decision.watched.line),
  },
  others: explanation.others.map(lineRow),
  near: explanation.near.map(({ line, why }) => ({ ...lineRow(line), why })),
  modes: Object.fromEntries([...explanation.modes].map(([policy, mode]) => [policy, mode ?? null])),
  notes: explanation.notes,
});
