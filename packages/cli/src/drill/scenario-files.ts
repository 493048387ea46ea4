import { readScenarios, type Scenario } from '@runward/drill';
import { nearest, type OptionSpec, type Parsed, UsageError } from '../command.js';
import { printDiagnostics } from '../diagnostics-text.js';
import { benignLoads, defaultDrills } from '../installation.js';
import { readYamlFiles } from '../yaml-files.js';

export const SCENARIO_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  drills: {
    type: 'string',
    multiple: true,
    value: 'FILE|DIR',
    doc: 'scenario files, repeatable (default: those that come with runward)',
  },
};

/** Undefined after the problems of the files were printed. */
export function loadScenarios(args: Parsed): readonly Scenario[] | undefined {
  const given = args.texts('drills');
  return readSound(given.length > 0 ? given : [defaultDrills]);
}

export const loadBenignLoads = (): readonly Scenario[] | undefined => readSound([benignLoads]);

function readSound(paths: readonly string[]): readonly Scenario[] | undefined {
  const { files, unreadable } = readYamlFiles(paths);
  const { scenarios, diagnostics } = readScenarios(files);
  const unread = unreadable.map(({ path, reason }) => ({
    ...{ severity: 'error' as const, code: 'DRILL_FILE_READ' as const },
    ...{ message: `the file cannot be read: ${reason}`, help: 'check that it exists and may be read' },
    span: { file: path, line: 1, column: 1, endLine: 1, endColumn: 1 },
  }));
  const problems = [...unread, ...diagnostics];
  printDiagnostics(problems);
  return problems.length > 0 ? undefined : scenarios;
}

/** Scenarios by id or theme, in the order of the files. */
export function choose(scenarios: readonly Scenario[], wanted: readonly string[]): readonly Scenario[] {
  const words = wanted.flatMap((text) => text.split(',')).filter((text) => text !== '');
  const known = [...new Set(scenarios.flatMap(({ id, theme }) => [id, theme]))];
  for (const each of words) {
    if (known.includes(each)) continue;
    const near = nearest(each, known);
    throw new UsageError(
      `there is no scenario \`${each}\``,
      near === undefined ? '`runward drill list` lists them and their themes' : `did you mean \`${near}\`?`,
    );
  }
  return scenarios.filter(({ id, theme }) => words.includes(id) || words.includes(theme));
}
