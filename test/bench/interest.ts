/**
 * How many system calls interest keeps in the kernel: `scripts/node test/bench/interest.ts [--rules PATH]…
 * [--recording FILE]`. Without a recording one is made of everything that a container with a mixed workload does.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { InterestTrial } from '@runward/agent/testing';
import { fieldCatalogue, RingView } from '@runward/events';
import { openEventSource } from '@runward/replay';
import { loadRules } from '@runward/rules';
import { LoadContainers } from './container.ts';

process.chdir(dirname(dirname(import.meta.dirname)));
const { values } = parseArgs({
  options: { rules: { type: 'string', multiple: true }, recording: { type: 'string' } },
});

/** A service that appends to its log, an archive unpacked, searched, copied and removed, and small commands. */
const WORKLOAD = `
rm -rf /tmp/*; mkdir -p /tmp/tree /tmp/out
service() { i=0; while [ $i -lt 4000 ]; do echo line >> /tmp/service.log; i=$((i + 1)); done; }
service &
i=0; while [ $i -lt 300 ]; do echo $i > /tmp/tree/f$i; i=$((i + 1)); done
for round in 1 2 3 4; do
  tar -cf /tmp/a.tar -C /tmp/tree . && tar -xf /tmp/a.tar -C /tmp/out
  grep -r 29 /tmp/out > /dev/null; find /tmp/out -type f -exec cat {} + > /dev/null
  cp -r /tmp/out /tmp/copy; chmod -R 700 /tmp/copy; rm -rf /tmp/copy /tmp/out/*
done
i=0; while [ $i -lt 150 ]; do cat /etc/passwd > /dev/null; i=$((i + 1)); done
wait
`;

async function record(file: string, containers: LoadContainers): Promise<string> {
  const place = `runc=${containers.stateFolder}`;
  const command = ['record', '-o', file, '--runtime-root', place];
  const recorder = spawn(join('bin', 'runward'), command, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  recorder.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise((resolve) => recorder.on('close', resolve));
  while (said === '' && recorder.exitCode === null) await sleep(20);
  await sleep(1500);
  const name = await containers.shell(WORKLOAD);
  await sleep(500);
  recorder.kill('SIGTERM');
  await ended;
  if (recorder.exitCode !== 0) throw new Error(`recording failed:\n${said}`);
  return name;
}

const ruleFiles = (path: string): string[] =>
  statSync(path).isFile()
    ? [path]
    : readdirSync(path)
        .filter((name) => /\.ya?ml$/.test(name) && !name.includes('.test.'))
        .map((name) => join(path, name));

const files = (values.rules ?? ['rules']).flatMap(ruleFiles);
const texts = files.map((name) => ({ name, text: readFileSync(name, 'utf8') }));
const rules = loadRules(texts, { catalogue: fieldCatalogue }).value;
if (rules === undefined) throw new Error('the rules have errors: `runward rules check` says which');

const folder = mkdtempSync(join(tmpdir(), 'runward-bench-interest-'));
const containers = new LoadContainers(join(import.meta.dirname, 'load.c'));
try {
  const file = values.recording ?? join(folder, 'workload.rwrec');
  const only = values.recording === undefined ? await record(file, containers) : undefined;
  const trial = new InterestTrial(rules);
  const source = await openEventSource(file);
  const { gaps } = await source.replay((view) => {
    // Others may run containers at the same time.
    if (!(view instanceof RingView)) throw new Error('a recording of Runward itself is needed');
    if (only === undefined || view.container === undefined || view.container.id === only) trial.take(view);
  });
  const { calls, byType, byProcess, judged, detections, narrowDetections } = trial.result;
  const detail = { rules: rules.rules.length, processesJudged: judged, gaps: gaps.length };
  const line = (figure: string, value: number): void =>
    console.log(JSON.stringify({ figure, value, unit: 'events', detail }));
  line('calls_without_interest', calls);
  line('calls_by_type', byType);
  line('calls_by_process', byProcess);
  const same = JSON.stringify([...detections]) === JSON.stringify([...narrowDetections]);
  console.log(
    JSON.stringify({ figure: 'same_detections', value: same, detections: Object.fromEntries(detections) }),
  );
  if (!same) process.exitCode = 1;
} finally {
  containers.remove();
  rmSync(folder, { recursive: true });
}
