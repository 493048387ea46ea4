import { sha256 } from '@noble/hashes/sha2.js';
import type { EffectiveLine, EffectivePolicy } from '../../decide/effective.js';
import { type PolicyDiagnostic, policyDiagnostic } from '../../diagnostics/codes.js';
import { byteClasses } from './byte-classes.js';
import { capabilityChoices, kernelSection, settingChoice, surfaceChoices } from './choices.js';
import { HEAD_FREE_ENFORCED, HEAD_FREE_WATCHED, packStates } from './comb.js';
import { buildDfa, type Dfa, TooManyStates } from './dfa.js';
import { KERNEL_LIMITS } from './limits.js';
import { compileNetwork, NetworkTooLarge } from './network.js';
import { buildNfa } from './nfa.js';
import { type PatternSource, PatternTable } from './patterns.js';
import { kernelLimits } from './rate-limits.js';
import { type Row, RowTable, RowTooLong } from './rows.js';
import type { KernelAutomaton, KernelNetwork, KernelRule, KernelTables } from './tables.js';

export interface KernelCompilation {
  /** Undefined when a limit is exceeded: then the policy in force stays. */
  readonly tables?: KernelTables;
  readonly diagnostics: readonly PolicyDiagnostic[];
}

type Limits = typeof KERNEL_LIMITS;

/**
 * The tables the kernel judges a container by. What does not fit is an error that names the line and the limit; time
 * and memory are bounded by the limits.
 */
export function compileForKernel(
  effective: EffectivePolicy,
  limits: { readonly [Key in keyof Limits]: number } = KERNEL_LIMITS,
): KernelCompilation {
  const table = new PatternTable(effective);
  const problem = classProblem(table, limits.classes);
  if (problem !== undefined) return { diagnostics: [problem] };
  try {
    const { automaton, rules } = buildAutomaton(effective, table, limits);
    const network = networkOf(effective, table, limits);
    return { tables: tablesOf(effective, table, automaton, rules, network), diagnostics: [] };
  } catch (error) {
    if (error instanceof CannotCompile) return { diagnostics: [error.diagnostic] };
    throw error;
  }
}

class CannotCompile extends Error {
  constructor(readonly diagnostic: PolicyDiagnostic) {
    super(diagnostic.message);
  }
}

const tooMuch = (line: EffectiveLine, message: string, help: string): PolicyDiagnostic =>
  policyDiagnostic('POLICY_LIMIT', message, help, line.span, '');

function classProblem(table: PatternTable, limit: number): PolicyDiagnostic | undefined {
  const program = table.programClassLine(limit);
  if (program !== undefined) {
    return tooMuch(
      program,
      `more than ${limit} different lists of programs in \`from\` and \`ancestors\`; the kernel holds ${limit} per container`,
      'use the same list in several lines: equal lists count once',
    );
  }
  const args = table.argumentClassLine(limit);
  if (args === undefined) return undefined;
  return tooMuch(
    args,
    `more than ${limit} different lists in \`arguments\`; the kernel holds ${limit} per container`,
    'use the same list in several lines: equal lists count once',
  );
}

function buildAutomaton(
  effective: EffectivePolicy,
  table: PatternTable,
  limits: { readonly [Key in keyof Limits]: number },
): { readonly automaton: KernelAutomaton; readonly rules: readonly KernelRule[] } {
  const sources = [...table.paths, ...table.texts];
  const globs = sources.map(({ glob }) => glob);
  const classes = byteClasses(globs);
  const nfa = buildNfa(globs, classes);
  const starts = [nfa.starts.slice(0, table.paths.length), nfa.starts.slice(table.paths.length)];
  const dfa = determinise(sources, () =>
    buildDfa(
      nfa,
      classes,
      starts.map((items) => items.flat()),
      limits.states,
    ),
  );
  const rows = new RowTable(table, limits.rowLines);
  const rowOf = dfa.states.map(({ accepts }) => rowFor(rows, accepts, limits.rowLines));
  const last = table.lines.at(-1)?.line;
  if (rows.rules.length > limits.rules && last !== undefined) {
    throw new CannotCompile(
      tooMuch(last, `the rows of lines have more than ${limits.rules} entries`, 'split the policy, or use fewer patterns that overlap'),
    ); // biome-ignore format: one call
  }
  const comb = packStates(dfa, headsOf(effective, dfa, rowOf), classes.count, limits.cells);
  if (comb === undefined) {
    const blamed = largest(sources);
    throw new CannotCompile(
      tooMuch(
        blamed?.line ?? failNoLine(),
        `the automaton needs more than ${limits.cells} cells of 8 bytes`,
        'use directories or globs in place of long lists of paths',
      ),
    );
  }
  const [paths = 0, texts = 0] = dfa.starts;
  return {
    automaton: {
      cells: comb.cells,
      byteClass: classes.of,
      pathStart: comb.at[paths] ?? 0,
      argumentsStart: comb.at[texts] ?? 0,
    },
    rules: rows.rules,
  };
}

function failNoLine(): never {
  throw new RangeError('an automaton without patterns is not too large');
}

const largest = (sources: readonly PatternSource[]): PatternSource | undefined =>
  sources.reduce<PatternSource | undefined>(
    (most, source) => (most === undefined || source.text.length > most.text.length ? source : most),
    undefined,
  );

function determinise(sources: readonly PatternSource[], build: () => Dfa): Dfa {
  try {
    return build();
  } catch (error) {
    const source = error instanceof TooManyStates ? sources[error.pattern] : undefined;
    if (source === undefined) throw error;
    throw new CannotCompile(
      tooMuch(
        source.line,
        `with \`${source.text}\` the automaton has more than ${KERNEL_LIMITS.states} states`,
        'stars and `?` in the middle of several patterns multiply: write fewer of them, or name directories',
      ),
    );
  }
}

function rowFor(rows: RowTable, accepts: readonly number[], limit: number): Row {
  try {
    return rows.row(accepts);
  } catch (error) {
    if (!(error instanceof RowTooLong)) throw error;
    throw new CannotCompile(
      tooMuch(
        error.line,
        `more than ${limit} lines apply to one path, this one among them`,
        'several lines with the same pattern: write them as one',
      ),
    );
  }
}

/** `next` of each state's head: its row, and whether nothing is restricted from there on. */
function headsOf(effective: EffectivePolicy, dfa: Dfa, rowOf: readonly Row[]): Uint32Array {
  const defaults = (['file', 'process'] as const).flatMap((name) => {
    const section = effective.sections.get(name);
    return section === undefined ? [] : [kernelSection(name, section).fallback];
  });
  const isFree = (denies: (row: Row) => boolean, denied: boolean): Uint8Array =>
    denied
      ? new Uint8Array(dfa.states.length)
      : leadingNowhere(dfa, (state) => denies(rowOf[state] ?? NO_ROW));
  const enforced = isFree(({ deniesEnforced }) => deniesEnforced, defaults.some((d) => d.deniedEnforced)); // biome-ignore format: a pair
  const watched = isFree(({ deniesWatched }) => deniesWatched, defaults.some((d) => d.deniedWatched)); // biome-ignore format: a pair
  return Uint32Array.from(
    rowOf,
    ({ at }, state) =>
      ((enforced[state] ? HEAD_FREE_ENFORCED : 0) | (watched[state] ? HEAD_FREE_WATCHED : 0) | at) >>> 0,
  );
}

const NO_ROW: Row = { at: 0, deniesEnforced: false, deniesWatched: false };

/** 1 for each state from which no state that `denies` can be reached, itself included. */
function leadingNowhere(dfa: Dfa, denies: (state: number) => boolean): Uint8Array {
  const before: number[][] = dfa.states.map(() => []);
  dfa.states.forEach(({ moves, otherwise }, state) => {
    before[otherwise]?.push(state);
    for (let i = 1; i < moves.length; i += 2) before[moves[i] ?? 0]?.push(state);
  });
  const free = new Uint8Array(dfa.states.length).fill(1);
  const queue = dfa.states.flatMap((_, state) => (denies(state) ? [state] : []));
  for (const state of queue) free[state] = 0;
  for (const state of queue) {
    for (const from of before[state] ?? []) {
      if (free[from] === 0) continue;
      free[from] = 0;
      queue.push(from);
    }
  }
  return free;
}

/** Equal lists of programs, in the same order, have the same name: what is known of running processes stays valid. */
function hashClasses(table: PatternTable): bigint {
  if (table.programClasses.length === 0) return 0n;
  const text = table.programClasses
    .map((list) => list.map((at) => JSON.stringify(table.paths[at]?.glob)).join())
    .join('\n');
  const digest = sha256(new TextEncoder().encode(text));
  return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0, true) | 1n;
}

const NETWORK_UNITS = {
  networkRowLines: 'lines and ranges of ports apply to one address',
  networkRules: 'entries are needed for lines over addresses',
  networkRanges: 'ranges of addresses are told apart',
} as const;

function networkOf(
  effective: EffectivePolicy,
  table: PatternTable,
  limits: { readonly [Key in keyof Limits]: number },
): KernelNetwork {
  try {
    return compileNetwork(effective, ({ id }) => table.networkFrom.get(id) ?? 0n, limits);
  } catch (error) {
    if (!(error instanceof NetworkTooLarge)) throw error;
    throw new CannotCompile(
      tooMuch(
        error.line,
        `more than ${limits[error.limit]} ${NETWORK_UNITS[error.limit]}, with this line`,
        'name larger networks and ranges of ports, or split the policy',
      ),
    );
  }
}

const tablesOf = (
  effective: EffectivePolicy,
  table: PatternTable,
  automaton: KernelAutomaton,
  rules: readonly KernelRule[],
  network: KernelNetwork,
): KernelTables => ({
  id: effective.id,
  lines: effective.lines,
  automaton,
  rules,
  classHash: hashClasses(table),
  sections: new Map([...effective.sections].map(([name, section]) => [name, kernelSection(name, section)])),
  drift: settingChoice(effective, 'process', 'drift'),
  fileless: settingChoice(effective, 'process', 'fileless'),
  newPrivileges: settingChoice(effective, 'privilege', 'new-privileges'),
  setuidExecution: settingChoice(effective, 'privilege', 'setuid-execution'),
  rootWrite: settingChoice(effective, 'privilege', 'root-write'),
  capabilities: capabilityChoices(effective),
  surface: surfaceChoices(effective),
  limits: kernelLimits(effective),
  network,
});
