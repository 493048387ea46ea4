import { percentile } from '../score/statistics.js';
import type { Rating } from './exercise.js';
import type { Decision, TabletopRecord } from './session.js';

export interface TabletopScore {
  readonly ratings: Readonly<Record<Rating, number>>;
  readonly inTime: number;
  readonly medianMs: number | undefined;
  readonly slowest: Decision | undefined;
  readonly totalMs: number;
}

export function scoreTabletop({ decisions }: TabletopRecord): TabletopScore {
  const count = (rating: Rating): number => decisions.filter((each) => each.rating === rating).length;
  const took = decisions.map(({ tookMs }) => tookMs);
  return {
    ratings: { good: count('good'), fair: count('fair'), poor: count('poor') },
    inTime: decisions.filter(isInTime).length,
    medianMs: percentile(took, 0.5),
    slowest: decisions.toSorted((a, b) => b.tookMs - a.tookMs)[0],
    totalMs: took.reduce((sum, ms) => sum + ms, 0),
  };
}

export const isInTime = ({ tookMs, withinMs }: Decision): boolean => tookMs <= withinMs;

/** `1 h 2 min`, `3 min 4 s`, `5 s`. */
export function spanText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Text that people wrote, as text of Markdown: one line, and no character of it means anything. */
const plain = (text: string): string =>
  text
    .trim()
    .replace(/[\\`*_{}[\]<>#|~&!]/g, '\\$&')
    .replace(/\s*\n\s*/g, ' ');

/** The after-action report in Markdown. */
export function afterActionMarkdown(record: TabletopRecord): string {
  const score = scoreTabletop(record);
  const { decisions, participants, aims, debrief } = record;
  const rows = decisions.map((each) =>
    [
      ...[each.at.slice(11, 19), plain(each.title), plain(each.chosen), each.rating],
      ...[spanText(each.tookMs), `${spanText(each.withinMs)}${isInTime(each) ? '' : ' (over)'}`],
    ].join(' | '),
  );
  const lines = [
    `# After-action report: ${plain(record.title)}`,
    '',
    `- Exercise: ${plain(record.id)}`,
    `- From ${record.startedAt} to ${record.endedAt}${record.isComplete ? '' : '; it was broken off'}`,
    `- Participants: ${participants.length === 0 ? 'not named' : participants.map(plain).join(', ')}`,
    `- Decisions: ${decisions.length}, of them ${score.ratings.good} good, ${score.ratings.fair} fair, ${score.ratings.poor} poor`,
    `- In time: ${score.inTime} of ${decisions.length}`,
    ...(score.medianMs === undefined ? [] : [`- Time to decide: ${spanText(score.totalMs)} in all, ${spanText(score.medianMs)} in the middle`]),
    ...(score.slowest === undefined ? [] : [`- Slowest: ${plain(score.slowest.title)}, ${spanText(score.slowest.tookMs)}`]),
    ...section('Aims', aims.map((aim) => `- ${plain(aim)}`)),
    ...section('Timeline', rows.length === 0 ? [] : [
      '| At (UTC) | Scene | Decision | Rating | Took | Should take |',
      '|---|---|---|---|---|---|',
      ...rows.map((row) => `| ${row} |`),
    ]),
    ...section('Decisions', decisions.flatMap(decisionLines)),
    ...section('Debrief', debrief.flatMap(({ question, answer }) => [`**${plain(question)}**`, '', plain(answer) || 'no answer', ''])),
    ...section('To improve', improvements(decisions)),
  ]; // biome-ignore format: the outline of the report
  return `${lines.join('\n').trimEnd()}\n`;
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];

const decisionLines = (each: Decision): readonly string[] => [
  `### ${plain(each.title)}`,
  '',
  `${plain(each.ask)} **${plain(each.chosen)}** (${each.rating}, ${spanText(each.tookMs)})`,
  '',
  plain(each.effect),
  '',
  ...(each.lesson === '' ? [] : [`Lesson: ${plain(each.lesson)}`, '']),
  ...each.notes.map((note) => `- Note: ${plain(note)}`),
  ...(each.notes.length > 0 ? [''] : []),
];

/** What was poor or late, with its lesson. */
export const improvements = (decisions: readonly Decision[]): readonly string[] =>
  decisions.flatMap((each) => {
    const late = isInTime(each) ? '' : ` took ${spanText(each.tookMs)} instead of ${spanText(each.withinMs)}`;
    if (each.rating === 'good' && late === '') return [];
    const lesson = each.rating === 'good' || each.lesson === '' ? '' : `: ${plain(each.lesson)}`;
    return [
      `- ${plain(each.title)}:${late}${late === '' ? '' : ';'} ${plain(each.chosen)} (${each.rating})${lesson}`,
    ];
  });
