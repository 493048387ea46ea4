import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from './figures.ts';
import { FAMILIES, type Family } from './rule-streams.ts';
import { median } from './statistics.ts';

export interface RuleBench {
  readonly rounds: number;
  /** Rule files, in the order in which they are loaded. */
  readonly files: readonly string[];
}

/** What one process that plays a stream reports; see `rule-player.ts`. */
interface Played {
  readonly rules: number;
  readonly events: number;
  readonly nsPerEvent: number;
  readonly nsPerEventQuiet: number;
  readonly matches: number;
  readonly bytesPerEvent: number;
  /** Of a recording: events that happened and are not in it. */
  readonly lost?: number;
}

/** Beginnings of names, for `--only`. */
export const RULE_FIGURES = ['rules_rate', 'rules_cpu', 'rules_growth', 'rules_allocation'] as const;
export const RECORDING_FIGURES = ['rules_recording'] as const;

const EVENTS = 2_000_000;
/** CPU per event with all rules loaded, microseconds: a quarter of what another engine takes with 25 rules. */
const AIMS: Readonly<Partial<Record<Family, number>>> = {
  'open-close': 0.275,
  shell: 0.43,
  'fork-exec': 1.0,
};
/** Streams without a process that starts: a new process has an entry in a table, which is memory. */
const NO_NEW_PROCESS: ReadonlySet<Family> = new Set(['open-close', 'connect', 'read']);

/** Rule files below the given files and folders, as `runward run --rules` finds them. */
export function ruleFiles(paths: readonly string[]): readonly string[] {
  return paths
    .filter((path) => existsSync(path))
    .flatMap((path) =>
      /\.ya?ml$/.test(path)
        ? [path]
        : readdirSync(path)
            .filter((name) => /(?<!\.test)\.ya?ml$/.test(name))
            .sort()
            .map((name) => join(path, name)),
    );
}

const play = (bench: RuleBench, family: Family, copies: number): Played =>
  player(bench, ['--family', family, '--copies', `${copies}`, '--events', `${EVENTS}`]);

function player(bench: RuleBench, what: readonly string[]): Played {
  const options = ['--expose-gc', '--max-semi-space-size=64', join(import.meta.dirname, 'rule-player.ts')];
  const { stdout, stderr, status } = spawnSync(process.execPath, [...options, ...what, ...bench.files], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`rule-player ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Played; // its only output, and of this folder
}

/** Every stream once, the mixed one also with the rules doubled and quadrupled: one round of measurements. */
function round(bench: RuleBench): ReadonlyMap<string, Played> {
  const played = new Map<string, Played>();
  for (const family of FAMILIES) played.set(family, play(bench, family, 1));
  for (const copies of [2, 4]) played.set(`mixed ${copies}`, play(bench, 'mixed', copies));
  return played;
}

/** Compiled rules at work on generated records: decoding, process table, container table and rules, on one core. */
export function ruleFigures(bench: RuleBench): readonly Figure[] {
  const rounds = Array.from({ length: bench.rounds }, () => round(bench));
  const all = (stream: string, of: (played: Played) => number): number[] =>
    rounds.flatMap((played) => {
      const found = played.get(stream);
      return found === undefined ? [] : [of(found)];
    });
  const rules = rounds[0]?.get('mixed')?.rules;
  const perEvent = FAMILIES.map((family): Figure => {
    const us = all(family, (p) => p.nsPerEvent / 1000);
    const aim = AIMS[family];
    return {
      figure: `rules_cpu_${family.replace('-', '_')}`,
      value: median(us),
      unit: 'microseconds of CPU per event',
      target: aim === undefined ? 'none; context' : `<= ${aim}`,
      detail: {
        rules,
        events: EVENTS,
        us,
        quietUs: all(family, (p) => p.nsPerEventQuiet / 1000),
        matches: rounds[0]?.get(family)?.matches,
      },
    };
  });
  const growth = [2, 4].map(
    (copies): Figure => ({
      figure: `rules_growth_${copies}`,
      value: median(
        rounds.map(
          (played) =>
            (played.get(`mixed ${copies}`)?.nsPerEvent ?? Number.NaN) /
            (played.get('mixed')?.nsPerEvent ?? Number.NaN),
        ),
      ),
      unit: `times the CPU per event with ${copies} times the rules, mixed stream`,
      target: `< ${copies}`,
      detail: { rules: rounds[0]?.get(`mixed ${copies}`)?.rules },
    }),
  );
  const allocation = FAMILIES.map((family): Figure => {
    const bytes = all(family, (p) => p.bytesPerEvent);
    return {
      figure: `rules_allocation_${family.replace('-', '_')}`,
      value: median(bytes),
      unit: 'bytes of heap per event that matches nothing',
      target: NO_NEW_PROCESS.has(family) ? '0' : 'none; new processes have entries',
      detail: { bytes },
    };
  });
  const rate: Figure = {
    figure: 'rules_rate',
    value: 1e9 / median(all('mixed', (p) => p.nsPerEvent)),
    unit: 'events per second of CPU on one core, mixed stream',
    target: 'none; context',
    detail: { rules },
  };
  return [rate, ...perEvent, ...growth, ...allocation];
}

/** The same on a recording of real containers: reading and unpacking the file included. */
export function recordingFigures(bench: RuleBench, file: string): readonly Figure[] {
  const copies = [1, 2, 4] as const;
  const rounds = Array.from({ length: bench.rounds }, () =>
    copies.map((n) => player(bench, ['--recording', file, '--copies', `${n}`])),
  );
  const us = rounds.map(([once]) => (once?.nsPerEvent ?? Number.NaN) / 1000);
  const [first] = rounds[0] ?? [];
  const detail = {
    rules: first?.rules,
    events: first?.events,
    lost: first?.lost,
    matches: first?.matches,
    us,
  };
  return [
    {
      figure: 'rules_recording_rate',
      value: 1e6 / median(us),
      unit: 'events per second of CPU, a recording of opens, reads, forks and execs in runc containers',
      target: 'none; context',
      detail,
    },
    {
      figure: 'rules_recording_cpu',
      value: median(us),
      unit: 'microseconds of CPU per event of the recording',
      target: 'none; context',
      detail,
    },
    ...copies.slice(1).map(
      (n, i): Figure => ({
        figure: `rules_recording_growth_${n}`,
        value: median(
          rounds.map(
            (round) => (round[i + 1]?.nsPerEvent ?? Number.NaN) / (round[0]?.nsPerEvent ?? Number.NaN),
          ),
        ),
        unit: `times the CPU per event with ${n} times the rules`,
        target: `< ${n}`,
        detail: {},
      }),
    ),
  ];
}
