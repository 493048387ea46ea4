import { LIMITS } from '../model/limits.js';
import type { ProcessObservation, WorkloadProfile } from '../profile/profile.js';
import { literalGlob } from './glob-text.js';
import { shapeOf } from './name-shape.js';
import type { Observed, PlannedLine } from './planned-line.js';
import type { PlannedSection } from './policy-text.js';
import { flowList, quote } from './quote.js';

/** The watcher keeps this many argument lists; with fewer, it kept all. */
const SAMPLES = 8;
/** It cuts longer ones, with this at the end. */
const CUT = '…';

/** Programs that do what their arguments say: allowed with other arguments they are every program. */
const SHELLS = /^(?:sh|dash|bash|ash|zsh|ksh|mksh|busybox)$/;

export function planProcesses({ processes }: WorkloadProfile): PlannedSection {
  const byPath = new Map<string, ProcessObservation[]>();
  for (const seen of processes)
    if (seen.path.startsWith('/')) byPath.set(seen.path, [...(byPath.get(seen.path) ?? []), seen]);
  const drifted = processes.some(({ upperLayer }) => upperLayer);
  const fileless = processes.some(({ memfd, path }) => memfd || !path.startsWith('/'));
  return {
    settings: [
      { key: 'default', value: 'deny', why: 'every program that no line names' },
      drifted
        ? { key: 'drift', value: 'allow', why: 'programs that are not in the image were seen to run' }
        : { key: 'drift', value: 'deny', why: 'no program ran that is not in the image' },
      fileless
        ? { key: 'fileless', value: 'allow', why: 'a program without a file was seen to run' }
        : { key: 'fileless', value: 'deny', why: 'no program ran from memory' },
    ],
    lines: [...byPath].map(([path, seen]) => planProgram(path, seen)),
  };
}

function planProgram(path: string, seen: readonly ProcessObservation[]): PlannedLine {
  const names = path.slice(1).split('/');
  const globs = names.map((name) => {
    const shape = shapeOf(name);
    return shape?.sure === true
      ? { glob: shape.glob, what: shape.what }
      : { glob: literalGlob(name), what: '' };
  });
  const glob = `/${globs.map((g) => g.glob).join('/')}`;
  const isExact = glob === path;
  const what = globs.find((g) => g.what !== '')?.what;
  const samples = argumentsOf(path, seen);
  const place = isExact ? `path: ${quote(path)}` : `glob: ${quote(glob)}`;
  const restricted = samples === undefined ? '' : `, arguments: ${flowList(samples)}`;
  const notes = [
    ...(what === undefined ? [] : [`${what} in the path`]),
    ...(samples === undefined ? [] : ['a shell, with the arguments it had']),
    ...(samples === undefined && isShell(path) ? ['a shell, with many different arguments: any'] : []),
  ];
  return {
    ...{ verdict: 'allow', subject: isExact ? path : glob, reason: isExact ? 'exact' : 'pattern' },
    yaml: `{ ${place}${restricted} }`,
    note: notes.join('; '),
    observations: seen.map(observed),
  };
}

const isShell = (path: string): boolean => SHELLS.test(path.slice(path.lastIndexOf('/') + 1));

/** Patterns over all argument lists of a shell; undefined where there is no telling them all. */
function argumentsOf(path: string, seen: readonly ProcessObservation[]): readonly string[] | undefined {
  if (!isShell(path) || seen.some(({ argumentSamples }) => argumentSamples.length >= SAMPLES))
    return undefined;
  const samples = seen.flatMap(({ argumentSamples }) => argumentSamples);
  // A text pattern is not empty: a shell without arguments reads what it is told, which may be anything.
  if (samples.length === 0 || samples.some((text) => text === '')) return undefined;
  const patterns = [...new Set(samples.map(argumentPattern))].sort();
  return patterns.some((pattern) => pattern.length > LIMITS.textCharacters) ? undefined : patterns;
}

/** What differs each time in a word becomes a pattern; of a list that was cut the rest is open. */
function argumentPattern(text: string): string {
  const isCut = text.endsWith(CUT);
  const words = (isCut ? text.slice(0, -CUT.length) : text).split(' ').map((word) => {
    const shape = shapeOf(word);
    return shape?.sure === true ? shape.glob : literalGlob(word);
  });
  return words.join(' ') + (isCut ? '*' : '');
}

const observed = (seen: ProcessObservation): Observed => ({
  what: [seen.path, ...(seen.argumentSamples[0] === undefined ? [] : [seen.argumentSamples[0]])]
    .join(' ')
    .trim(),
  by: seen.parent === '' ? [] : [seen.parent],
  ...{ count: seen.count, firstMs: seen.firstMs, lastMs: seen.lastMs, startup: seen.startup },
  ...{ steady: seen.steady, replicas: seen.replicas },
});
