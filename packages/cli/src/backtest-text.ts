import type {
  BacktestSummary,
  HistorySummary,
  RuleSummary,
  Tallied,
  Workload,
  WorkloadReport,
} from '@runward/replay';
import { countOf } from './replay-session.js';
import { table, visible } from './terminal.js';

const WORKLOADS_SHOWN = 10;

/** `shop/web-1 web (nginx:1.27)`, or `host`. */
export function workloadText(w: Workload): string {
  const pod = w.pod === '' ? '' : `${w.namespace}/${w.pod} `;
  const image = w.image === '' ? '' : ` (${w.image})`;
  const name = `${pod}${w.container}${image}`.trim();
  return name === '' ? 'host' : name;
}

const DECIMALS_BELOW = 10;
export const rateText = (perHour: number | null): string =>
  perHour === null ? '-' : perHour.toFixed(perHour < DECIMALS_BELOW ? 2 : 0);

export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** What a comparison says of a rule, in a word. */
export function changeText(rule: RuleSummary, compared: boolean): string {
  if (!compared) return '';
  if (rule.added > 0 && rule.gone === 0 && rule.both === 0) return 'new';
  if (rule.gone > 0 && rule.added === 0 && rule.both === 0) return 'gone';
  return rule.added === 0 && rule.gone === 0 ? 'same' : 'changed';
}

const count = (t: Tallied | undefined): number => t?.count ?? 0;
export const fires = (w: WorkloadReport): number => count(w.added) + count(w.both);

const VERDICT_WORDS = { added: 'new', gone: 'gone', both: '' } as const;

function examplesOf(rule: RuleSummary, compared: boolean): readonly string[] {
  const verdicts = compared ? (['added', 'gone', 'both'] as const) : (['added'] as const);
  return verdicts.flatMap((verdict) => {
    const found = rule.workloads.find((w) => w[verdict] !== undefined)?.[verdict];
    if (found === undefined) return [];
    const word = compared && VERDICT_WORDS[verdict] !== '' ? `${VERDICT_WORDS[verdict]}: ` : '';
    return [
      `    ${found.firstAt}  ${word}${visible(found.firstOutput)}`,
      ...(found.count > 1 ? [`    ${found.lastAt}  ${word}${visible(found.lastOutput)}`] : []),
    ];
  });
}

function ruleText(rule: RuleSummary, compared: boolean): string {
  const change = changeText(rule, compared);
  const numbers = compared
    ? `${rule.added} new, ${rule.gone} gone, ${rule.both} as before`
    : countOf(rule.added, 'detection');
  const head = `${rule.priority}: ${visible(rule.rule)}${change === '' ? '' : ` [${change}]`}: ${numbers}, ${rateText(rule.perHour)} per hour`;
  const shown = rule.workloads.slice(0, WORKLOADS_SHOWN);
  const rows = shown.map((w) =>
    compared
      ? [
          `  ${visible(workloadText(w.workload))}`,
          `${count(w.added)} new`,
          `${count(w.gone)} gone`,
          `${count(w.both)} as before`,
        ]
      : [`  ${visible(workloadText(w.workload))}`, String(fires(w))],
  );
  const more = rule.workloads.length - shown.length;
  return [
    head,
    table(rows),
    ...(more > 0 ? [`  and ${more} other workloads (--json has them all)`] : []),
    ...examplesOf(rule, compared),
  ].join('\n');
}

/** A backtest for people. */
export function backtestText(s: BacktestSummary): string {
  const span = s.from === null ? 'no events' : `${s.from} to ${s.to}`;
  const lines = [
    `${s.events} events of ${countOf(s.files.length, 'file')}, ${span}, ${durationText(s.coveredSeconds)} covered`,
    s.compared
      ? `${s.added + s.both} detections with the new rules: ${s.added} new, ${s.both} as before; ${s.gone} would no longer fire`
      : countOf(s.added, 'detection'),
    '',
    ...s.rules.flatMap((rule) => [ruleText(rule, s.compared), '']),
  ];
  if (s.rules.length === 0) lines.push('No rule would have fired.', '');
  const none = s.unjudged.filter((u) => u.extent === 'none');
  const part = s.unjudged.filter((u) => u.extent === 'part');
  if (none.length > 0)
    lines.push(
      'Could not be judged:',
      table(none.map((u) => [`  ${visible(u.rule)}`, visible(u.reason)])),
      '',
    );
  if (part.length > 0)
    lines.push('Judged in part:', table(part.map((u) => [`  ${visible(u.rule)}`, visible(u.reason)])), '');
  return `${[...lines, ...historyLines(s)].join('\n').trimEnd()}\n`;
}

/** What the files of a history do not have. */
export function historyLines(s: HistorySummary): readonly string[] {
  const gaps = s.gaps.map((gap) => {
    const lost = gap.lost === undefined ? '' : `, ${gap.lost} lost`;
    return `Gap in ${visible(gap.path)}, ${gap.from ?? 'start'} to ${gap.to ?? 'end'}: ${visible(gap.reason)}${lost}`;
  });
  const limits = s.files.flatMap(({ path, limits: all }) =>
    all.map((limit) => `Limit of ${visible(path)}: ${visible(limit)}`),
  );
  const skipped = s.skipped.map(
    (part) => `Skipped in ${visible(part.path)}: ${visible(part.reason)} (${part.count} times)`,
  );
  return [...gaps, ...limits, ...skipped];
}
