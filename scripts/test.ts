/**
 * Every check and test, one after another, each timed: `scripts/node scripts/test.ts [PHASE…]`.
 *
 * Ends with what was skipped and why, what took more than one try, what failed and why, and a line
 * `N passed, N failed, N skipped` over the vitest phases. A phase that ends badly without naming a failed test
 * counts as one failure. Phases do not overlap: tests on real containers bound how long things take, and an
 * emulated machine takes a core of its own; two of them run at a time.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProjectTotals } from './test-reporter.ts';

process.chdir(dirname(import.meta.dirname));
const node = process.execPath;
const vitest = (project: string): string[] => [
  node,
  'node_modules/vitest/vitest.mjs',
  'run',
  '--project',
  project,
  '--reporter=default',
  '--reporter=./scripts/test-reporter.ts',
];

interface Phase {
  readonly name: string;
  readonly what: string;
  readonly command: readonly string[];
  /** Runs vitest with the totals reporter. */
  readonly tests: boolean;
}

const PHASES: readonly Phase[] = [
  {
    name: 'lint',
    what: 'format and lint rules',
    command: ['node_modules/.bin/biome', 'check', '.'],
    tests: false,
  },
  {
    name: 'typecheck',
    what: 'types of tests and scripts',
    command: [node, 'node_modules/typescript/bin/tsc', '-p', 'test'],
    tests: false,
  },
  {
    name: 'generated',
    what: 'generated files are what the generator writes',
    command: ['scripts/check-generated.sh'],
    tests: false,
  },
  {
    name: 'bpf-other',
    what: 'kernel programs compile for the other architecture',
    command: ['scripts/build-bpf.sh', process.arch === 'x64' ? 'arm64' : 'x86'],
    tests: false,
  },
  { name: 'unit', what: 'unit, golden and property tests', command: vitest('unit'), tests: true },
  { name: 'e2e', what: 'real containers', command: vitest('e2e'), tests: true },
  { name: 'vm', what: 'other kernels, in virtual machines', command: vitest('vm'), tests: true },
];

interface Outcome {
  readonly phase: Phase;
  readonly seconds: number;
  readonly totals: ProjectTotals;
  readonly ok: boolean;
}

function runPhase(phase: Phase): Outcome {
  console.log(`\n==> ${phase.name}: ${phase.what}`);
  const totalsFile = join('build', 'test', `${phase.name}.json`);
  rmSync(totalsFile, { force: true });
  const [program = '', ...args] = phase.command;
  const startedAt = performance.now();
  const { status, error } = spawnSync(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, RUNWARD_TEST_TOTALS: totalsFile },
  });
  if (error !== undefined) console.log(`cannot run ${program}: ${error.message}`);
  const counted = phase.tests
    ? readTotals(totalsFile)
    : { passed: 0, failed: 0, retried: [], notes: [], failures: [], skipped: [] };
  const ok = status === 0 && counted.failed === 0;
  const totals = ok || counted.failed > 0 ? counted : { ...counted, failed: 1 };
  return { phase, seconds: (performance.now() - startedAt) / 1000, totals, ok };
}

/** Totals of a run that did not get as far as writing them are one failure. */
function readTotals(file: string): ProjectTotals {
  try {
    // Written by our own reporter in this very run.
    return JSON.parse(readFileSync(file, 'utf8')) as ProjectTotals;
  } catch {
    return { passed: 0, failed: 1, retried: [], notes: [], failures: [], skipped: [] };
  }
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !PHASES.some((p) => p.name === name));
if (unknown.length > 0) {
  console.error(
    `test: no phase \`${unknown.join('`, `')}\`; there are ${PHASES.map((p) => p.name).join(', ')}`,
  );
  process.exit(2);
}
const outcomes = PHASES.filter((p) => wanted.length === 0 || wanted.includes(p.name)).map(runPhase);

console.log('\n==> summary');
for (const { phase, seconds, ok } of outcomes)
  console.log(`  ${ok ? 'ok  ' : 'FAIL'} ${phase.name.padEnd(10)} ${seconds.toFixed(1).padStart(7)} s`);
const skipped = outcomes.flatMap((o) => o.totals.skipped);
if (skipped.length > 0) console.log('  skipped:');
for (const { test, why } of skipped) console.log(`    ${test} (${why})`);
const retried = outcomes.flatMap((o) => o.totals.retried);
if (retried.length > 0) console.log(`  took more than one try:\n    ${retried.join('\n    ')}`);
const notes = outcomes.flatMap((o) => o.totals.notes);
if (notes.length > 0) console.log(`  notes:\n    ${notes.join('\n    ')}`);
for (const { test, why } of outcomes.flatMap((o) => o.totals.failures))
  console.log(`  failed: ${test}\n${why.replaceAll(/^/gm, '    ')}`);
const sum = (key: 'passed' | 'failed'): number => outcomes.reduce((n, o) => n + o.totals[key], 0);
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${skipped.length} skipped`);
process.exitCode = outcomes.every((o) => o.ok) ? 0 : 1;
