import {
  compareRuns,
  DETECT_WITHIN_MS,
  DrillHistory,
  type DrillRun,
  type Outcome,
  RESPOND_WITHIN_MS,
  type RootChoice,
  runDrill,
  type Scenario,
  SETTLED_MS,
} from '@runward/drill';
import { SOCKET_OPTION, socketOf, stateOf } from '../../agent-client.js';
import { askYesNo, canAsk } from '../../ask.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { drillHtml } from '../../drill/drill-html.js';
import { drillJson, reportText, resultLine } from '../../drill/drill-text.js';
import { agentFeed, type OpenFeed, ownFeed } from '../../drill/feeds.js';
import { planText } from '../../drill/plan-text.js';
import { choose, loadBenignLoads, loadScenarios, SCENARIO_OPTIONS } from '../../drill/scenario-files.js';
import { producerName } from '../../installation.js';
import { writeOutput } from '../../output-file.js';
import { durationOption } from '../../quantity.js';
import { SessionEnd } from '../../session.js';
import { paintFor } from '../../terminal.js';

const FULL_LOAD_MS = 10 * 60_000;
const AT_ONCE = 2;

export const run: Command = {
  name: 'drill run',
  summary: 'run scenarios and say what was detected',
  operands: '[SCENARIO|THEME…]',
  about: `Says what it will do, then does it: each scenario in a scratch container of its own, made with runc from a static
busybox (or an image, --image), with a network of its own in which there is loopback alone. Nothing leaves it, and all of
it is removed afterwards, also after Ctrl-C. On a terminal it asks before it begins; --yes answers.

Who detects is the agent that runs; without one a sensor in this process, with the default rules or those of --rules.
With --all every scenario is run, and then ordinary work for ten minutes, of which nothing may be reported.

The result is kept below the state folder and compared with the one before. Exit code 1 when a scenario was missed or
could not be run, or a look-alike or ordinary work was reported.`,
  options: {
    scenario: { type: 'string', multiple: true, value: 'ID|THEME', doc: 'the same as naming it; repeatable' },
    all: { type: 'boolean', doc: 'every scenario, and the benign load' },
    'benign-load': {
      type: 'string',
      value: 'TIME',
      doc: 'how long ordinary work is done (with --all 10m; `0`: not)',
    },
    yes: { type: 'boolean', short: 'y', doc: 'do not ask' },
    rules: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'rules of a sensor of its own, which it then starts whether an agent runs or not',
    },
    'own-sensor': { type: 'boolean', doc: 'start a sensor of its own whether an agent runs or not' },
    'detect-within': { type: 'string', value: 'TIME', doc: 'how long a detection may take (default 10s)' },
    image: { type: 'string', value: 'IMAGE', doc: 'make containers of this image of Docker or Podman' },
    rootfs: { type: 'string', value: 'DIR', doc: 'make containers of this root file system' },
    scratch: {
      type: 'string',
      value: 'DIR',
      doc: 'where scratch containers lie (default /run/runward/drill)',
    },
    state: { type: 'string', value: 'DIR', doc: 'where results are kept (default /var/lib/runward)' },
    json: { type: 'boolean', doc: 'the result as one JSON object' },
    html: { type: 'string', value: 'FILE', doc: 'also write the report as a page' },
    ...SCENARIO_OPTIONS,
    ...SOCKET_OPTION,
  },
  examples: [
    ['runward drill run escape', 'the scenarios of a theme'],
    ['runward drill run --all --html drill.html', 'everything, and a page about it'],
    ['runward drill run --all --benign-load 1m --yes --json', 'for a pipeline'],
  ],
  run: runCommand,
};

function rootOf(args: Parsed): RootChoice {
  const [image, folder] = [args.text('image'), args.text('rootfs')];
  if (image !== undefined && folder !== undefined)
    throw new UsageError('`--image` and `--rootfs` exclude each other', 'leave one of them out');
  if (image === '' || image?.startsWith('-') === true || folder === '')
    throw new UsageError('no image or folder is named', 'write `--image NAME` or `--rootfs DIR`');
  if (image !== undefined) return { kind: 'image', reference: image };
  return folder === undefined ? { kind: 'busybox' } : { kind: 'folder', path: folder };
}

function loadMsOf(args: Parsed): number {
  const given = args.text('benign-load');
  if (given === '0') return 0;
  return durationOption(args, 'benign-load') ?? (args.flag('all') ? FULL_LOAD_MS : 0);
}

async function runCommand(args: Parsed): Promise<number> {
  const wanted = [...args.rest, ...args.texts('scenario')];
  const all = args.flag('all');
  if (all && wanted.length > 0)
    throw new UsageError('`--all` and scenarios exclude each other', 'leave one of them out');
  if (!all && wanted.length === 0)
    throw new UsageError(
      'no scenario is named',
      'name some, or use `--all`; `runward drill list` lists them',
    );
  const root = rootOf(args);
  const loadMs = loadMsOf(args);
  const detectWithinMs = durationOption(args, 'detect-within') ?? DETECT_WITHIN_MS;
  const state = stateOf(args);
  const known = loadScenarios(args);
  const loads = loadMs > 0 ? loadBenignLoads() : [];
  if (known === undefined || loads === undefined) return EXIT.usage;
  const scenarios = all ? known : choose(known, wanted);
  announce(scenarios, loadMs > 0 ? loads : [], loadMs);
  if (!args.flag('yes') && canAsk() && !(await askYesNo('Run this?'))) {
    process.stderr.write('runward: nothing was run\n');
    return EXIT.failure;
  }
  const end = new SessionEnd();
  const abort = new AbortController();
  let failure = '';
  void end.requested.then(() => abort.abort());
  const onEnd = (reason: string): void => {
    failure = reason;
    abort.abort();
  };
  const open = await openFeed(args, onEnd);
  if (open === undefined) return EXIT.usage;
  process.stderr.write(`runward: ${open.feed.origin} watches\n`);
  const paint = paintFor(process.stderr);
  const scratch = args.text('scratch');
  let done: DrillRun;
  try {
    done = await runDrill(
      scenarios,
      open.feed,
      {
        workshop: { root, ...(scratch === undefined || scratch === '' ? {} : { scratch }) },
        producer: producerName(),
        load: loadMs > 0 ? { loads, forMs: loadMs } : undefined,
        ...{ detectWithinMs, settledMs: SETTLED_MS, atOnce: AT_ONCE },
        respondWithinMs: open.mayRespond ? RESPOND_WITHIN_MS : 0,
        onResult: (result) => void process.stderr.write(`${resultLine(result, paint)}\n`),
        onLoad: () => void process.stderr.write(`runward: benign load for ${Math.round(loadMs / 1000)} s\n`),
      },
      abort.signal,
    );
  } finally {
    await open.close();
  }
  if (failure !== '') process.stderr.write(`runward: nobody watches any more: ${failure}\n`);
  return conclude(args, done, new DrillHistory(state));
}

function announce(scenarios: readonly Scenario[], loads: readonly Scenario[], loadMs: number): void {
  const lines = [
    `runward: ${scenarios.length} scenarios, each in a scratch container of its own that is removed afterwards:`,
    ...planText(scenarios, 'short'),
    ...(loads.length > 0
      ? [`then ordinary work for ${Math.round(loadMs / 1000)} s:`, ...planText(loads, 'short')]
      : []),
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}

async function openFeed(args: Parsed, onEnd: (reason: string) => void): Promise<OpenFeed | undefined> {
  const rules = args.texts('rules');
  const socket = socketOf(args);
  const own = args.flag('own-sensor') || rules.length > 0;
  if (own && socket !== undefined)
    throw new UsageError('`--socket` and a sensor of its own exclude each other', 'leave one of them out');
  const running = own ? undefined : await agentFeed(socket, onEnd);
  if (running !== undefined) return running;
  if (socket !== undefined)
    throw new UsageError(
      `no agent is running with the socket \`${socket}\``,
      'start one with `runward run`, or leave out `--socket`: the drill then brings a sensor of its own',
    );
  return ownFeed(rules, onEnd);
}

const BAD: readonly Outcome[] = ['missed', 'fired', 'failed', 'interrupted'];

function conclude(args: Parsed, done: DrillRun, history: DrillHistory): number {
  const last = done.isInterrupted ? undefined : history.names().at(-1);
  const comparison = last === undefined ? undefined : compareRuns(done, history.read(last));
  // What was broken off says nothing that a later run could be compared with.
  const path = done.isInterrupted ? undefined : history.keep(done);
  process.stdout.write(
    args.flag('json')
      ? `${drillJson(done, comparison)}\n`
      : `${reportText(done, comparison, paintFor(process.stdout))}\n`,
  );
  const html = args.text('html');
  if (html !== undefined) writeOutput(html, drillHtml(done, comparison));
  if (path !== undefined) process.stderr.write(`runward: kept in ${path}\n`);
  const isGood =
    !done.isInterrupted &&
    !done.results.some(({ outcome }) => BAD.includes(outcome)) &&
    (done.load?.falsePositives ?? 0) === 0;
  return isGood ? EXIT.ok : EXIT.failure;
}
