import {
  type Comparison,
  type DrillRun,
  type Outcome,
  type ScenarioResult,
  type Score,
  scoreRun,
} from '@runward/drill';
import { escapeHtml, htmlPage, htmlSection, htmlTable, numberColumn } from '../html-page.js';
import { msText, percentText, postureRows, rulesText } from './drill-text.js';
import { barChart, timeChart } from './svg-charts.js';

const GOOD: readonly Outcome[] = ['detected', 'quiet'];
const BAD: readonly Outcome[] = ['missed', 'fired'];

const outcomeCell = (outcome: Outcome): string => {
  const css = GOOD.includes(outcome) ? 'new' : BAD.includes(outcome) ? 'gone' : 'soft';
  return `<span class="${css}">${outcome}</span>`;
};

/** The report as a page that needs nothing else. What scenarios, rules and containers say is escaped. */
export function drillHtml(run: DrillRun, comparison: Comparison | undefined): string {
  const score = scoreRun(run);
  const body = [
    `<p class="soft">${escapeHtml(run.startedAt)} to ${escapeHtml(run.endedAt)} on ${escapeHtml(run.hostname)}, Linux ${escapeHtml(run.kernel)}. Watched by ${escapeHtml(run.detectedBy)} (${escapeHtml(run.producer)}). Containers of ${escapeHtml(run.root)}.${run.isInterrupted ? ' It was broken off.' : ''}</p>`,
    htmlSection('In short', summary(run, score)),
    htmlSection('Coverage by tactic', coverageChart(score)),
    htmlSection('Time to detect', detectChart(run.results)),
    htmlSection('Scenarios', scenarioTable(run, score)),
    htmlSection('Benign load', loadTable(run)),
    htmlSection('Compared with the drill before', comparisonTable(run, comparison)),
    htmlSection('Rules of which nothing was heard', quietRules(score)),
  ];
  return htmlPage('Drill report', body.join('\n'));
}

function summary(run: DrillRun, score: Score): string {
  const { outcomes, detect, respond } = score;
  const rows: (readonly [string, string])[] = [
    ['Detected', `${score.detected} of ${score.judged} (${percentText(score)})`],
    ['Look-alikes', `${outcomes.quiet} quiet, ${outcomes.fired} reported`],
    ['False positives', String(score.falsePositives)],
    ['Mean time to detect (MTTD)', msText(detect.mean)],
    ['Time to detect, p50 and p99', `${msText(detect.p50)}, ${msText(detect.p99)}`],
    ['Failed, skipped, interrupted', `${outcomes.failed}, ${outcomes.skipped}, ${outcomes.interrupted}`],
    ['Events lost', String(run.lostEvents)],
  ];
  if (respond !== undefined) {
    rows.push(['Mean time to respond (MTTR)', msText(respond.mean)]);
    rows.push(['Time to respond, p50 and p99', `${msText(respond.p50)}, ${msText(respond.p99)}`]);
  }
  for (const [name, value] of postureRows(run))
    rows.push([`${name.charAt(0).toUpperCase()}${name.slice(1)}`, value]);
  return htmlTable(
    'What the drill comes to',
    [{ title: 'Figure' }, { title: 'Value' }],
    rows.map(([name, value]) => [escapeHtml(name), escapeHtml(value)]),
  );
}

const coverageChart = ({ byTactic }: Score): string =>
  barChart(
    'Scenarios detected of those that could be judged, by tactic of MITRE ATT&CK',
    byTactic.map(({ name, detected, judged }) => ({
      label: name,
      value: detected,
      of: judged,
      text: `${detected} of ${judged}`,
    })),
  );

function detectChart(results: readonly ScenarioResult[]): string {
  const points = results.flatMap(({ id, detectMs }) =>
    detectMs === undefined ? [] : [{ label: id, value: detectMs }],
  );
  return timeChart('Milliseconds from the event in the kernel to the arrival of the detection', points);
}

function scenarioTable({ results }: DrillRun, { respond }: Score): string {
  const columns = [
    ...[{ title: 'Scenario' }, { title: 'What happens' }, { title: 'ATT&CK' }, { title: 'Outcome' }],
    numberColumn('Detected in'),
    ...(respond === undefined ? [] : [numberColumn('Response in')]),
    { title: 'By' },
  ];
  const rows = results.map((result) => [
    escapeHtml(result.id),
    escapeHtml(result.title),
    escapeHtml(`${result.tactic} ${result.technique}`),
    outcomeCell(result.outcome),
    msText(result.detectMs),
    ...(respond === undefined ? [] : [msText(result.respondMs)]),
    escapeHtml(rulesText(result) || result.reason || '-'),
  ]);
  return htmlTable('Each scenario', columns, rows);
}

function loadTable({ load }: DrillRun): string {
  if (load === undefined) return '';
  const rows = load.loads.map(({ id, title, rounds, failedRounds, hits }) => [
    escapeHtml(id),
    escapeHtml(title),
    rounds,
    failedRounds,
    hits
      .map(
        ({ rule, count, output }) =>
          `<p>${escapeHtml(rule)}, ${count} times: <code>${escapeHtml(output)}</code></p>`,
      )
      .join('') || 'nothing',
  ]);
  const columns = [
    ...[{ title: 'Load' }, { title: 'What it does' }, numberColumn('Rounds'), numberColumn('Failed rounds')],
    { title: 'Reported' },
  ];
  return htmlTable(`Ordinary work for ${Math.round(load.seconds)} s`, columns, rows);
}

function comparisonTable(run: DrillRun, comparison: Comparison | undefined): string {
  if (comparison === undefined) return '';
  const [now, then] = [scoreRun(run), comparison.score];
  const figures = htmlTable(
    `Against the drill of ${comparison.startedAt}`,
    [{ title: 'Figure' }, { title: 'Then' }, { title: 'Now' }],
    [
      ['Detected', `${then.detected} of ${then.judged}`, `${now.detected} of ${now.judged}`],
      ['False positives', String(then.falsePositives), String(now.falsePositives)],
      ['Mean time to detect', msText(then.detect.mean), msText(now.detect.mean)],
      ['p50', msText(then.detect.p50), msText(now.detect.p50)],
      ['p99', msText(then.detect.p99), msText(now.detect.p99)],
    ],
  );
  const changes = comparison.changes.map(({ id, before, now: outcome }) => [
    escapeHtml(id),
    outcomeCell(before),
    outcomeCell(outcome),
  ]);
  const moved = [
    ...comparison.added.map((id) => [escapeHtml(id), '-', 'new']),
    ...comparison.left.map((id) => [escapeHtml(id), '-', 'not run this time']),
  ];
  const rows = [...changes, ...moved];
  const table = htmlTable(
    'Scenarios that changed',
    [{ title: 'Scenario' }, { title: 'Then' }, { title: 'Now' }],
    rows,
  );
  return rows.length === 0 ? `${figures}<p>No scenario changed.</p>` : `${figures}${table}`;
}

function quietRules({ rulesThatDidNot }: Score): string {
  if (rulesThatDidNot === undefined) return '<p>The rules of the agent that watched are not known here.</p>';
  if (rulesThatDidNot.length === 0) return '<p>Every rule fired.</p>';
  return `<ul>${rulesThatDidNot.map((rule) => `<li>${escapeHtml(rule)}</li>`).join('')}</ul>`;
}
