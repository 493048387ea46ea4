import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { RunwardError } from '@runward/core';
import { fieldCatalogue } from '@runward/events';
import { type FileResult, openEventSource, type PoolResult } from '@runward/replay';
import { loadRules, type SourceFile } from '@runward/rules';
import { numberOption, type OptionSpec, type Parsed, UsageError } from './command.js';
import { printDiagnostics } from './diagnostics-text.js';
import { readRuleFiles } from './rule-files.js';
import { toJson, visible } from './terminal.js';

/** Options of every command that reads the past. */
export const REPLAY_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'containers-only': { type: 'boolean', doc: 'leave out what happened outside containers' },
  jobs: { type: 'string', value: 'N', doc: 'files replayed at once (default: one per core)' },
};

export const jobsOf = (args: Parsed): number => numberOption(args, 'jobs', availableParallelism(), 1, 1024);

/**
 * Files to replay. A folder stands for the files in it, by name; those in it that are no recording are left out and
 * told, while one named by itself must be one.
 *
 * @throws UsageError when a file cannot be opened or is of no known format
 */
export async function historyFiles(paths: readonly string[]): Promise<readonly string[]> {
  try {
    return await findHistory(paths);
  } catch (error) {
    if (error instanceof RunwardError) throw new UsageError(`${error.message} [${error.code}]`, error.help);
    throw error;
  }
}

async function findHistory(paths: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (isFolder(path)) files.push(...(await inFolder(path)));
    else {
      await openEventSource(path);
      files.push(path);
    }
  }
  return files;
}

const RECORDING = '.rwrec';

/**
 * Segments of one recording are one history, told in their order; everything else in a folder is a history of its own,
 * which another core can read meanwhile.
 */
async function inFolder(path: string): Promise<readonly string[]> {
  const found = readdirSync(path)
    .filter((name) => !name.startsWith('.') && !isFolder(join(path, name)))
    .sort()
    .map((name) => join(path, name));
  const readable: string[] = [];
  for (const file of found) if (await isHistory(file)) readable.push(file);
  if (readable.length === 0) {
    throw new UsageError(
      `the folder \`${path}\` holds no recording and no capture`,
      'give a folder of files made by `runward record`, or of `.scap` files',
    );
  }
  const segments = readable.filter((file) => file.endsWith(RECORDING));
  return segments.length < 2 ? readable : [path, ...readable.filter((file) => !file.endsWith(RECORDING))];
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

async function isHistory(file: string): Promise<boolean> {
  try {
    await openEventSource(file);
    return true;
  } catch (error) {
    if (!(error instanceof RunwardError)) throw error;
    process.stderr.write(`runward: left out: ${visible(error.message)}\n`);
    return false;
  }
}

/** Rule files that were read and checked; undefined after the problems were printed. */
export async function checkedRules(paths: readonly string[]): Promise<readonly SourceFile[] | undefined> {
  const { files, problems } = await readRuleFiles(paths);
  printDiagnostics(problems);
  if (problems.length > 0) return undefined;
  const { value, diagnostics } = loadRules(files, { catalogue: fieldCatalogue });
  printDiagnostics(diagnostics);
  const flowRules = value?.flowRules?.length ?? 0;
  if (flowRules > 0)
    process.stderr.write(
      `runward: ${flowRules} rules with \`source: flow\` are left out: recordings have no flows\n`,
    );
  return value === undefined ? undefined : files;
}

/** A line on the terminal that says how far the replay is; nothing where standard error is no terminal. */
export class ProgressLine {
  readonly #read = new Map<
    string,
    { readonly read: number; readonly total: number; readonly events: number }
  >();
  readonly #isShown = process.stderr.isTTY === true;
  #drawn = false;

  update(
    path: string,
    p: { readonly bytesRead: number; readonly bytesTotal: number; readonly events: number },
  ): void {
    this.#read.set(path, { read: p.bytesRead, total: p.bytesTotal, events: p.events });
    if (!this.#isShown) return;
    let [read, total, events] = [0, 0, 0];
    for (const file of this.#read.values()) {
      read += file.read;
      total += file.total;
      events += file.events;
    }
    const percent = total === 0 ? 0 : Math.floor((100 * read) / total);
    process.stderr.write(`\r\u001b[Krunward: ${this.#read.size} files, ${percent} % read, ${events} events`);
    this.#drawn = true;
  }

  clear(): void {
    if (this.#drawn) process.stderr.write('\r\u001b[K');
    this.#drawn = false;
  }
}

/** Resolves paths of options; at least one must be given. */
export function requirePaths(paths: readonly string[], what: string, how: string): readonly string[] {
  if (paths.length === 0) throw new UsageError(`${what} is missing`, how);
  return paths;
}

export const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

interface Totals {
  readonly events: number;
  readonly detections: number;
  readonly malformed: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of wall time spent reading and judging one file; with several files at once, of each. */
  readonly eventsPerSecond: number;
  /** User and system time of the replaying threads per event. */
  readonly cpuNsPerEvent: number;
}

function totalsOf(files: readonly FileResult[], seconds: number): Totals {
  const sum = (pick: (file: FileResult) => number): number => files.reduce((n, file) => n + pick(file), 0);
  const events = sum((f) => f.events);
  const cpuSeconds = sum((f) => f.cpuSeconds);
  const reading = sum((f) => f.seconds);
  return {
    events,
    detections: sum((f) => f.detections),
    malformed: sum((f) => f.malformed),
    seconds,
    cpuSeconds,
    eventsPerSecond: reading === 0 ? 0 : Math.round(events / reading),
    cpuNsPerEvent: events === 0 ? 0 : Math.round((cpuSeconds * 1e9) / events),
  };
}

/** What was passed over and what is missing, file by file; one line each. */
function notices({ files }: PoolResult): readonly string[] {
  return files.flatMap((file) => {
    const skipped = file.skipped
      .filter((part) => part.kind !== 'unsupported')
      .map((p) => `${p.kind}: ${p.reason} (${p.count} times, ${p.bytes} bytes, first at byte ${p.firstAt})`);
    const unsupported = file.skipped.filter((part) => part.kind === 'unsupported');
    const { grouped, limited } = file.noise;
    const noise = grouped + limited === 0 ? [] : [`${grouped} detections gathered, ${limited} counted only`];
    const gaps = file.gaps.map(
      (gap) => `gap: ${gap.reason}${gap.lost === undefined ? '' : `, ${gap.lost} lost`}`,
    );
    const end = file.complete ? [] : ['not read to its end'];
    const limits = file.limits.map((limit) => `note: ${limit}`);
    const told = [...limits, ...skipped, ...gaps, ...end, ...noise];
    if (unsupported.length > 0) {
      const count = unsupported.reduce((n, part) => n + part.count, 0);
      told.push(`${count} entries of which no rule can speak were skipped`);
    }
    return told.map((line) => `runward: ${visible(file.path)}: ${visible(line)}`);
  });
}

/** Closing words on standard error: an object for machines, lines for people. */
export function printReplaySummary(
  result: PoolResult,
  seconds: number,
  json: boolean,
  found = 'detection',
): void {
  const totals = totalsOf(result.files, seconds);
  for (const { path, code, message, help } of result.failures) {
    process.stderr.write(
      `runward: ${visible(path)}: ${visible(message)}${code === '' ? '' : ` [${code}]`}\n`,
    );
    if (help !== '') process.stderr.write(`    help: ${help}\n`);
  }
  if (json) {
    const files = result.files.map(({ report, ...file }) => file);
    process.stderr.write(`${toJson({ summary: { ...totals, files, failures: result.failures } })}\n`);
    return;
  }
  for (const line of notices(result)) process.stderr.write(`${line}\n`);
  process.stderr.write(
    `runward: ${totals.events} events of ${countOf(result.files.length, 'file')}, ${countOf(totals.detections, found)} in ` +
      `${seconds.toFixed(1)} s; ${totals.eventsPerSecond} events/s per core, ${totals.cpuNsPerEvent} ns of CPU per event\n`,
  );
}
