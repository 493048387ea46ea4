import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OutputSettings, OutputStatus, Outputs } from '@runward/outputs';
import { type Command, EXIT, numberOption, type Parsed, UsageError } from '../../command.js';
import { versionText } from '../../installation.js';
import { readOutputsFile } from '../../outputs-file.js';
import { table, toJson, visible } from '../../terminal.js';
import { fileOf } from './check.js';

export const test: Command = {
  name: 'outputs test',
  summary: 'send each output one detection that says it is a test',
  operands: 'FILE',
  about: `Sends one detection of the priority Emergency, whose rule is "Runward test", to every output of the file or to those
named with --only, and says which took it. The queues of a running agent are left alone.`,
  options: {
    only: { type: 'string', multiple: true, value: 'NAME', doc: 'this output, repeatable' },
    timeout: { type: 'string', value: 'SECONDS', doc: 'how long to wait for each (default 15)' },
    json: { type: 'boolean', doc: 'one JSON object' },
  },
  examples: [['runward outputs test outputs.yaml --only siem', 'whether one receiver can be reached']],
  run: testCommand,
};

async function testCommand(args: Parsed): Promise<number> {
  const seconds = numberOption(args, 'timeout', 15, 1, 600);
  const all = await readOutputsFile(fileOf(args, 'test'));
  if (all === 'rejected') return EXIT.usage;
  const chosen = choose(all, args.texts('only'));
  const folder = mkdtempSync(join(tmpdir(), 'runward-outputs-'));
  const said = new Map<string, string>();
  try {
    const { Outputs, testDetection } = await import('@runward/outputs');
    const outputs = new Outputs(chosen, {
      folder,
      hostname: hostname(),
      version: versionText(),
      say: (message) => said.set(/^output `([^`]*)`/.exec(message)?.[1] ?? '', message),
    });
    outputs.write([testDetection(hostname())]);
    const found = await settled(outputs, seconds * 1000);
    await outputs.close();
    return report(found, said, args.flag('json'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function choose(all: readonly OutputSettings[], names: readonly string[]): readonly OutputSettings[] {
  const unknown = names.find((name) => !all.some((each) => each.name === name));
  if (unknown !== undefined)
    throw new UsageError(
      `no output \`${unknown}\``,
      `the file has ${all.map(({ name }) => name).join(', ')}`,
    );
  // Whatever an output takes otherwise, it takes this.
  return all
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .map((each) => ({ ...each, sources: [] }));
}

async function settled(outputs: Outputs, patienceMs: number): Promise<readonly OutputStatus[]> {
  const until = performance.now() + patienceMs;
  while (outputs.status.some(({ queued }) => queued > 0) && performance.now() < until) await sleep(50);
  return outputs.status;
}

function report(found: readonly OutputStatus[], said: ReadonlyMap<string, string>, json: boolean): number {
  const rows = found.map(({ name, type, sent, problem }) => ({
    ...{ name, type, arrived: sent > 0 },
    problem: sent > 0 ? '' : problem || (said.get(name) ?? 'no answer'),
  }));
  if (json) process.stdout.write(`${toJson({ outputs: rows })}\n`);
  else {
    const cells = rows.map(({ name, type, arrived, problem }) => [name, type, arrived ? 'taken' : `not taken: ${visible(problem)}`]); // biome-ignore format: one line
    process.stdout.write(`${table([['OUTPUT', 'TYPE', 'RESULT'], ...cells])}\n`);
  }
  return rows.every(({ arrived }) => arrived) ? EXIT.ok : EXIT.failure;
}
