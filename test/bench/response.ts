/**
 * How long a process goes on after it did what a playbook ends it for: `scripts/node test/bench/response.ts [--count N]`
 * (root, after `make build`). From just before the system call to the last thing the process did, judged in the sensor's
 * thread (`quick`) and on the main thread (`main`), in turn. Fails when one was left alone.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Agent } from './agent.ts';
import { LoadContainers } from './container.ts';
import { percentile, rounded } from './statistics.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '300' }, rounds: { type: 'string', default: '3' } },
});
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'runward-bench-response-'));
const containers = new LoadContainers(join(root, 'test/bench/react.c'));

const rules = join(folder, 'rules.yaml');
writeFileSync(
  rules,
  `- rule: secret
  desc: a file with secrets is opened
  condition: evt.type = openat and fd.name = /etc/shadow
  output: "%proc.name"
  priority: WARNING
`,
);

function playbook(name: string, match: string): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(
    path,
    `apiVersion: runward.dev/v1alpha1
kind: ResponsePlaybook
metadata: { name: bench }
spec: { mode: act, match: { rules: [secret], ${match} }, cooldown: 0s, actions: [kill-process] }
`,
  );
  return path;
}

const ways = {
  quick: playbook('quick', 'sources: [syscall]'),
  main: playbook('main', 'minPriority: Debug'),
};

interface Reacted {
  readonly ns: readonly number[];
  readonly missed: number;
}

async function measure(playbooks: string): Promise<Reacted> {
  const state = mkdtempSync(join(folder, 'state-'));
  const agent = await Agent.start([
    ...[join(root, 'bin/runward'), 'run', '--json', '--group', '0', '--rate-limit', '0', '--no-flows'],
    ...['--no-enforcement', '--rules', rules, '--playbooks', playbooks, '--state', state],
    ...['--socket', join(state, 's'), '--runtime-root', `runc=${containers.stateFolder}`],
  ]);
  try {
    // The first ones are met by code that has not run yet.
    await containers.run('20', '20000');
    return (await containers.run(values.count, '20000')) as unknown as Reacted; // what react prints
  } finally {
    await agent.stop();
  }
}

try {
  const all = { quick: [] as number[], main: [] as number[] };
  let missed = 0;
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const way of ['quick', 'main'] as const) {
      const reacted = await measure(ways[way]);
      all[way].push(...reacted.ns.map((ns) => ns / 1e6));
      missed += reacted.missed;
    }
  for (const way of ['quick', 'main'] as const)
    for (const [name, share] of [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const)
      console.log(
        JSON.stringify({
          ...{ figure: `response_${way}_${name}`, value: rounded(percentile(all[way], share)), unit: 'ms' },
          ...(way === 'quick' && name === 'p99' ? { target: '< 5' } : {}),
          detail: { killed: all[way].length, missed, cpus: cpus().length },
        }),
      );
  if (missed > 0) process.exitCode = 1;
} finally {
  containers.remove();
  rmSync(folder, { recursive: true, force: true });
}
