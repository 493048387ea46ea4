import type { LineSummary, PolicyBacktestSummary } from '@runward/replay';
import { durationText, historyLines, rateText, workloadText } from './backtest-text.js';
import { countOf } from './replay-session.js';
import { table, visible } from './terminal.js';

const WORKLOADS_SHOWN = 10;

export const uncertainText = (count: number): string =>
  count === 0 ? '' : ` (${count} of them depending on whose the file was, which the events do not tell)`;

function lineText(line: LineSummary): string {
  const place = `${line.file}:${line.line}`;
  const shown = line.workloads.slice(0, WORKLOADS_SHOWN);
  const more = line.workloads.length - shown.length;
  const examples = [...new Set(shown.flatMap(({ denied }) => denied.examples))].slice(0, 5);
  return [
    `${visible(line.policy)}: ${visible(line.label)} (${visible(place)}): ${countOf(line.denied, 'denial')}${uncertainText(line.uncertain)}, ${rateText(line.perHour)} per hour`,
    ...(line.comment === '' ? [] : [`  “${visible(line.comment)}”`]),
    table(
      shown.map(({ workload, denied }) => [
        `  ${visible(workloadText(workload))}`,
        String(denied.count),
        `${denied.firstAt} to ${denied.lastAt}`,
      ]),
    ),
    ...(more > 0 ? [`  and ${more} other workloads (--json has them all)`] : []),
    ...examples.map((text) => `    ${visible(text)}`),
  ].join('\n');
}

/** Of what the figures are. */
export function policyHistoryText(s: PolicyBacktestSummary): string {
  const span = s.from === null ? 'no events' : `${s.from} to ${s.to}`;
  return `${s.events} events of ${countOf(s.files.length, 'file')}, ${span}, ${durationText(s.coveredSeconds)} covered; ${countOf(s.actions, 'action')} of ${s.selected} of ${countOf(s.containers, 'container')} judged`;
}

export const denialsText = (s: PolicyBacktestSummary): string =>
  `${countOf(s.denied, 'action')} would have been denied${uncertainText(s.uncertain)}`;

/** A backtest of policies for people. */
export function policyBacktestText(s: PolicyBacktestSummary): string {
  const lines = [
    policyHistoryText(s),
    denialsText(s),
    '',
    ...s.lines.flatMap((line) => [lineText(line), '']),
  ];
  if (s.selected === 0)
    lines.push(
      'No container of the history is selected by the policies: this says nothing of them. `--everywhere` judges all.',
      '',
    );
  if (s.unobservable.length > 0) {
    lines.push('What the history cannot show:');
    for (const { section, notes } of s.unobservable)
      for (const note of notes) lines.push(`  ${section}: ${visible(note)}`);
    lines.push('');
  }
  return `${[...lines, ...historyLines(s)].join('\n').trimEnd()}\n`;
}
