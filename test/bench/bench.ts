/** Measures the agent on real containers: `scripts/node test/bench/bench.ts [OPTIONS]`; see README.md here. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { LoadContainers } from './container.ts';
import {
  type Bench,
  cpuPerEvent,
  cpuPerExec,
  type Figure,
  LOOPS,
  latency,
  losslessRate,
  memory,
  slowdowns,
  startup,
} from './figures.ts';
import { POLICY_FIGURES, policyFigures } from './policy-figures.ts';
import { record } from './recording.ts';
import { RECORDING_FIGURES, RULE_FIGURES, recordingFigures, ruleFigures, ruleFiles } from './rule-figures.ts';
import { rounded } from './statistics.ts';

const { values } = parseArgs({
  options: {
    agent: { type: 'string', default: 'bin/runward run --json --group 0 --rate-limit 0' },
    rules: { type: 'string', multiple: true, default: ['rules'] },
    only: { type: 'string', multiple: true, default: [] },
    stock: { type: 'string', default: '../shared/conformance/falco-rules' },
    rounds: { type: 'string', default: '5' },
  },
});
process.chdir(dirname(dirname(import.meta.dirname)));

const only = values.only.flatMap((names) => names.split(','));
const wanted = (...figures: readonly string[]): boolean =>
  only.length === 0 || figures.some((figure) => only.some((name) => figure.startsWith(name)));

const allowedCpus = (
  /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
)
  .split(',')
  .flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });

const command = values.agent.split(' ').filter((word) => word !== '');
const containers = new LoadContainers(join(import.meta.dirname, 'load.c'));
const bench: Bench = {
  containers,
  rounds: Number(values.rounds),
  cpus: allowedCpus.slice(0, 2),
  agent: [...command, ...values.rules.flatMap((path) => ['--rules', path])],
  deliveringAgent: [...command, '--rules', join(import.meta.dirname, 'deliver-all.yaml')],
};

/** Programs others attached to every system call: they slow both sides down and flatten the ratios. */
function foreignTracers(): number {
  try {
    return (
      execFileSync('bpftool', ['prog', 'list'], { encoding: 'utf8' }).match(/^\d+: (?:tracing|raw_trace)/gm)
        ?.length ?? 0
    );
  } catch {
    return 0;
  }
}

const print = (line: object): void => console.log(JSON.stringify(line));
const show = (figures: Figure | readonly Figure[]): void => {
  for (const figure of [figures].flat()) print({ ...figure, value: rounded(figure.value) });
};

process.on('SIGINT', () => process.exit(130));
process.on('exit', () => containers.remove());

print({
  environment: {
    kernel: release(),
    cpu: cpus()[0]?.model,
    cpus: bench.cpus.length,
    node: process.version,
    agent: bench.agent.join(' '),
    rounds: bench.rounds,
    foreignTracers: foreignTracers(),
  },
});
const loops = LOOPS.filter((loop) => wanted(loop.figure) && (!loop.parallel || bench.cpus.length > 1));
if (loops.length > 0) show(await slowdowns(bench, loops));
if (wanted('agent_cpu_per_event')) show(await cpuPerEvent(bench));
if (wanted('agent_cpu_per_exec')) show(await cpuPerExec(bench));
if (wanted('latency_idle')) show(await latency(bench, false));
if (wanted('latency_loaded')) show(await latency(bench, true));
if (wanted('lossless_rate')) show(await losslessRate(bench));
if (wanted('memory_idle', 'memory_loaded')) show(await memory(bench));
if (wanted('first_detection')) show(await startup(bench));
const ruleBench = { rounds: bench.rounds, files: ruleFiles([values.stock, 'rules']) };
if (wanted(...RULE_FIGURES)) show(ruleFigures(ruleBench));
if (wanted(...RECORDING_FIGURES, ...POLICY_FIGURES)) {
  const recording = await record('bin/runward', containers);
  if (wanted(...RECORDING_FIGURES)) show(recordingFigures(ruleBench, recording.file));
  if (wanted(...POLICY_FIGURES)) show(policyFigures('bin/runward', recording.file, bench.rounds));
  recording.remove();
}
