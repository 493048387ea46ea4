import { findingOf } from '@runward/agent/finding';
import { NO_NOISE_CONTROL } from '@runward/detect';
import { replayFiles } from '@runward/replay';
import { PlaybookEngine, type Verdict } from '@runward/respond/playbooks';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { defaultRules } from '../../installation.js';
import { LineWriter } from '../../output.js';
import { soundPlaybooks } from '../../playbook-files.js';
import { Simulation, simulationRow, simulationText } from '../../playbook-simulation.js';
import { checkedRules, historyFiles } from '../../replay-session.js';
import { toJson } from '../../terminal.js';

export const simulate: Command = {
  name: 'playbook simulate',
  summary: 'say what playbooks would have done about a recording',
  operands: 'FILE|DIR…',
  about: `Runs the rules over recordings and captures and shows the playbooks what they find, at the times it happened: what would have
been done to whom, what guards would have held back, where the circuit breaker would have opened. Playbooks are taken as if they
were in mode \`act\`. A recording says no labels of containers and no replicas: selectors over labels fit nothing there, and a
playbook that asks for replicas is held.`,
  options: {
    over: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'recordings of `runward record` or captures, repeatable',
    },
    rules: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'rules to load, repeatable (default: the rules that come with runward)',
    },
    json: { type: 'boolean', doc: 'each verdict as a line of JSON, and the summary as the last' },
  },
  examples: [
    ['runward playbook simulate playbooks --over recordings/', 'before anything is left to act by itself'],
  ],
  run: simulateCommand,
};

async function simulateCommand(args: Parsed): Promise<number> {
  if (args.rest.length === 0)
    throw new UsageError('no playbook is named', 'write `runward playbook simulate DIR --over RECORDING`');
  const over = args.texts('over');
  if (over.length === 0) throw new UsageError('no recording is named', 'add `--over RECORDING`');
  const playbooks = soundPlaybooks(args.rest);
  const rules = await checkedRules(args.texts('rules').length > 0 ? args.texts('rules') : [defaultRules]);
  if (playbooks === undefined || rules === undefined) return EXIT.usage;
  const engine = new PlaybookEngine(playbooks.map((playbook) => ({ ...playbook, mode: 'act' })));
  const simulation = new Simulation();
  const abort = new AbortController();
  const writer = new LineWriter(() => abort.abort());
  const write = (verdict: Verdict): string =>
    args.flag('json') ? toJson(simulationRow(verdict)) : simulationText(verdict);
  const result = await replayFiles(
    {
      paths: await historyFiles(over),
      mode: { kind: 'rules', files: rules, allMatches: false, noise: NO_NOISE_CONTROL },
      // One file after the other: what playbooks remember goes from one to the next.
      ...{ host: false, jobs: 1, signal: abort.signal },
    },
    {
      onDetections: (items) => {
        const verdicts = items.flatMap((detection) => {
          const finding = findingOf(detection, undefined);
          return finding === undefined ? [] : engine.judge(finding);
        });
        for (const verdict of verdicts) simulation.take(verdict);
        simulation.detections += items.length;
        return writer.write(verdicts.map(write));
      },
      onProgress: () => undefined,
    },
  );
  await writer.finish(2 ** 31 - 1);
  process.stdout.write(`${args.flag('json') ? toJson({ summary: simulation.summary }) : simulation.text}\n`);
  for (const { path, message } of result.failures) process.stderr.write(`runward: ${path}: ${message}\n`);
  return result.failures.length > 0 ? EXIT.failure : EXIT.ok;
}
