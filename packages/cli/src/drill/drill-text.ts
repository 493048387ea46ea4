import {
  type Change,
  type Comparison,
  type Coverage,
  type DrillRun,
  type Outcome,
  type ScenarioResult,
  scoreRun,
  type Times,
} from '@runward/drill';
import { type Colour, type Paint, table, toJson, visible } from '../terminal.js';

const COLOUR_OF: Readonly<Record<Outcome, Colour>> = {
  detected: 'cyan',
  quiet: 'cyan',
  missed: 'red',
  fired: 'red',
  failed: 'yellow',
  skipped: 'dim',
  interrupted: 'dim',
};

export const msText = (ms: number | undefined): string => {
  if (ms === undefined) return '-';
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(1)} ms`;
};

export const percentText = ({ detected, judged }: Pick<Coverage, 'detected' | 'judged'>): string =>
  judged === 0 ? '-' : `${Math.floor((100 * detected) / judged)} %`;

/** By which rules; those that are not what was waited for stand behind. */
export const rulesText = ({ hits }: ScenarioResult): string =>
  [...hits.filter(({ isExpected }) => isExpected), ...hits.filter(({ isExpected }) => !isExpected)]
    .map(({ rule, isExpected }) => (isExpected ? rule : `(${rule})`))
    .join(', ');

export function resultLine(result: ScenarioResult, paint: Paint): string {
  const { id, outcome, detectMs, reason } = result;
  const time = detectMs === undefined ? '' : ` in ${msText(detectMs)}`;
  const rules = rulesText(result);
  const tail = [
    rules === '' ? '' : ` by ${visible(rules)}`,
    reason === '' ? '' : `: ${visible(reason)}`,
  ].join('');
  return `${paint(COLOUR_OF[outcome], outcome.padEnd(11))} ${visible(id)}${time}${tail}`;
}

export const drillJson = (run: DrillRun, comparison: Comparison | undefined): string =>
  toJson({ ...run, score: scoreRun(run), comparison });

const timesText = (name: string, { mean, p50, p99, count }: Times): string =>
  `${name}: mean ${msText(mean)}, p50 ${msText(p50)}, p99 ${msText(p99)} (${count} scenarios)`;

export function reportText(run: DrillRun, comparison: Comparison | undefined, paint: Paint): string {
  const score = scoreRun(run);
  const { outcomes, detect, respond } = score;
  const others = (['failed', 'skipped', 'interrupted'] as const).filter((outcome) => outcomes[outcome] > 0);
  const rows = run.results.map((result) => [
    visible(result.id),
    visible(result.technique || '-'),
    result.outcome,
    msText(result.detectMs),
    ...(respond === undefined ? [] : [msText(result.respondMs)]),
    visible(rulesText(result) || result.reason || '-'),
  ]);
  const head = ['SCENARIO', 'ATT&CK', 'OUTCOME', 'DETECTED IN', ...(respond ? ['RESPONSE IN'] : []), 'BY'];
  const text = [
    paint('bold', `Drill of ${run.startedAt} on ${visible(run.hostname)} (Linux ${visible(run.kernel)})`),
    `watched by ${visible(run.detectedBy)}${run.isInterrupted ? '; it was broken off' : ''}`,
    '',
    table([head, ...rows]),
    '',
    `detected: ${score.detected} of ${score.judged} (${percentText(score)})`,
    `look-alikes: ${outcomes.quiet} quiet, ${outcomes.fired} reported`,
    ...(others.length > 0 ? [others.map((outcome) => `${outcome}: ${outcomes[outcome]}`).join(', ')] : []),
    timesText('time to detect', detect),
    ...(respond === undefined ? [] : [timesText('time to respond', respond)]),
    ...loadLines(run),
    run.lostEvents === 0 ? 'no events were lost' : `events lost: ${run.lostEvents}`,
    ...blindness(run),
    ...postureLines(run),
    '',
    table([
      ['TACTIC', 'DETECTED', 'OF', 'COVERED'],
      ...score.byTactic.map((row) => [
        visible(row.name),
        String(row.detected),
        String(row.judged),
        percentText(row),
      ]),
    ]),
    ...quietRules(score.rulesThatDidNot),
    ...comparisonLines(comparison, run),
  ];
  return text.join('\n');
}

/** Look-alikes that stay quiet prove nothing where nothing is detected at all. */
const blindness = ({ results }: DrillRun): readonly string[] =>
  results.some(({ outcome }) => outcome === 'detected') || !results.some(({ benign }) => benign)
    ? []
    : ['nothing was detected in this run: that look-alikes stayed quiet proves nothing'];

export function postureRows({ posture }: DrillRun): readonly (readonly [string, string])[] {
  if (posture === undefined) return [];
  const { containers, protectedContainers, sections, evidence } = posture;
  const modes = Object.entries(sections).map(([mode, count]) => `${count} in ${mode}`);
  return [
    ['workloads with a section in protect', `${protectedContainers} of ${containers}`],
    ['sections of policies that apply to them', modes.join(', ') || 'none'],
    [
      'detections on record as evidence',
      evidence === undefined
        ? 'the agent keeps no evidence log'
        : `${evidence.recorded} of ${evidence.of}${evidence.dropped > 0 ? `; ${evidence.dropped} records were dropped` : ''}`,
    ],
  ];
}

const postureLines = (run: DrillRun): readonly string[] =>
  postureRows(run).map(([name, value]) => `${name}: ${visible(value)}`);

function loadLines({ load }: DrillRun): readonly string[] {
  if (load === undefined) return [];
  const rounds = load.loads.reduce((sum, each) => sum + each.rounds, 0);
  const failed = load.loads.reduce((sum, each) => sum + each.failedRounds, 0);
  const lines = [
    `benign load: ${Math.round(load.seconds)} s, ${rounds} rounds in ${load.loads.length} containers, ${load.falsePositives} false positives`,
    ...(failed > 0 ? [`  ${failed} rounds did not end as they should`] : []),
  ];
  const hits = load.loads.flatMap(({ id, hits: all }) =>
    all.map(
      ({ rule, count, output }) => `  ${visible(id)}: ${visible(rule)}, ${count} times: ${visible(output)}`,
    ),
  );
  return [...lines, ...hits];
}

/** More are no help in a text. */
const MOST_QUIET = 40;

const quietRules = (rules: readonly string[] | undefined): readonly string[] => {
  if (rules === undefined || rules.length === 0) return [];
  const head = `rules of which nothing was heard: ${rules.length}`;
  return [
    '',
    rules.length > MOST_QUIET
      ? `${head} (--json and --html list them)`
      : `${head}: ${rules.map(visible).join(', ')}`,
  ];
};

const changeText = ({ id, before, now, isBetter }: Change): string => {
  const word = isBetter === undefined ? 'changed' : isBetter ? 'better' : 'worse';
  return `  ${word}: ${visible(id)} was ${before} and is ${now}`;
};

function comparisonLines(comparison: Comparison | undefined, run: DrillRun): readonly string[] {
  if (comparison === undefined) return [];
  const { startedAt, score, changes, added, left } = comparison;
  const now = scoreRun(run);
  return [
    '',
    `compared with the drill of ${startedAt}:`,
    `  detected ${score.detected} of ${score.judged} then, ${now.detected} of ${now.judged} now`,
    `  p50 ${msText(score.detect.p50)} then, ${msText(now.detect.p50)} now; p99 ${msText(score.detect.p99)} then, ${msText(now.detect.p99)} now`,
    ...changes.map(changeText),
    ...(added.length > 0 ? [`  new: ${added.map(visible).join(', ')}`] : []),
    ...(left.length > 0 ? [`  not run this time: ${left.map(visible).join(', ')}`] : []),
  ];
}
