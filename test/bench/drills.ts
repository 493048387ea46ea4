/**
 * Runs drills with a sensor of their own and prints one JSON line per figure. On this machine, or in an emulated one, whose
 * times are of no use but whose kernel differs:
 *
 *   scripts/node test/bench/drills.ts [SCENARIO|THEME…]              (root; after `make build`; without names everything)
 *   scripts/node … test/bench/in-vm.ts --uncounted 6.12 drills.ts escape impact
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DrillRun, Score } from '@runward/drill';

const command = resolve(import.meta.dirname, '../../bin/runward');
const named = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'rw-bench-drills-'));
const figure = (name: string, value: unknown, unit: string, detail: object = {}): void =>
  void process.stdout.write(`${JSON.stringify({ figure: name, value, unit, detail })}\n`);

try {
  const which = named.length > 0 ? named : ['--all', '--benign-load', '0'];
  const places = ['--state', join(folder, 'state'), '--scratch', join(folder, 'scratch')];
  const { stdout, stderr, status } = spawnSync(
    command,
    ['drill', 'run', ...which, '--yes', '--json', '--own-sensor', '--detect-within', '3m', ...places],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (!stdout.startsWith('{')) throw new Error(`no report (exit ${status}): ${stderr}`);
  const { results, score, lostEvents } = JSON.parse(stdout) as DrillRun & { readonly score: Score }; // the command's own
  const bad = results
    .filter(({ outcome }) => outcome !== 'detected' && outcome !== 'quiet')
    .map(({ id, outcome, reason, hits }) => ({ id, outcome, reason, rules: hits.map(({ rule }) => rule) }));
  figure('drill_detected', score.detected, 'scenarios', { of: score.judged, kernel: release(), bad });
  figure('drill_quiet', score.outcomes.quiet, 'look-alikes', { reported: score.outcomes.fired });
  figure('drill_detect_p50', score.detect.p50, 'ms', { mean: score.detect.mean });
  figure('drill_detect_p99', score.detect.p99, 'ms');
  figure('drill_lost_events', lostEvents, 'events');
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
