import type { Observed, PlannedLine } from './planned-line.js';
import { inComment } from './quote.js';

const SHOWN_BY = 3;
const SHOWN = 2;
const MAX_TEXT = 120;

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

const short = (text: string): string => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`);

/** Why a line is there, on one line: what is behind it, when, how often, by whom. */
export function whyOf({ note, observations, reason, subject }: PlannedLine): string {
  const parts = note === '' ? [] : [note];
  if (observations.length > 0) {
    if (observations.length > 1 || (reason !== 'exact' && observations[0]?.what !== subject))
      parts.push(samplesOf(observations));
    parts.push(timesOf(observations));
  }
  return inComment(parts.join('; '));
}

function samplesOf(observations: readonly Observed[]): string {
  const samples = observations.slice(0, SHOWN).map(({ what }) => short(what));
  return observations.length <= SHOWN
    ? `seen: ${samples.join(' · ')}`
    : `${observations.length} seen, such as ${samples.join(' · ')}`;
}

function timesOf(observations: readonly Observed[]): string {
  const count = observations.reduce((sum, seen) => sum + seen.count, 0);
  const replicas = Math.max(...observations.map((seen) => seen.replicas));
  const by = [...new Set(observations.flatMap((seen) => seen.by))].sort();
  const who =
    by.length === 0
      ? ''
      : ` by ${by.slice(0, SHOWN_BY).map(short).join(', ')}${by.length > SHOWN_BY ? ` and ${by.length - SHOWN_BY} more` : ''}`;
  const where = replicas > 1 ? ` in ${replicas} containers` : '';
  return `${phaseOf(observations)}, ${count === 1 ? 'once' : counted(count, 'time')}${where}${who}`;
}

function phaseOf(observations: readonly Observed[]): string {
  const startup = observations.some((seen) => seen.startup);
  const steady = observations.some((seen) => seen.steady);
  if (startup && steady) return 'from start-up on';
  return steady ? 'later than start-up' : 'at start-up only';
}
