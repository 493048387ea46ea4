import { mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DrillError, reasonOf } from '../error.js';
import { type DrillRun, OUTCOMES } from '../run/result.js';

/** Older ones are removed: a run is some ten kilobytes. */
const MOST_KEPT = 100;
const NAME = /^\d{8}T\d{9}Z\.json$/;

/** The runs of a machine, a JSON file each, in `drills/` of the state folder. */
export class DrillHistory {
  readonly folder: string;

  constructor(state: string) {
    this.folder = join(state, 'drills');
  }

  /** @throws DrillError DRILL_HISTORY_UNWRITABLE */
  keep(run: DrillRun): string {
    const path = join(this.folder, `${run.startedAt.replace(/[-:.]/g, '')}.json`);
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      writeFileSync(`${path}.new`, `${JSON.stringify(run)}\n`, { mode: 0o600, flush: true });
      renameSync(`${path}.new`, path);
      for (const old of this.names().slice(0, -MOST_KEPT)) unlinkSync(join(this.folder, old));
    } catch (cause) {
      if (cause instanceof DrillError) throw cause;
      throw new DrillError('DRILL_HISTORY_UNWRITABLE', `cannot write \`${path}\`: ${reasonOf(cause)}`, {
        help: 'run as root, make room, or name another folder with `--state DIR`',
        cause,
      });
    }
    return path;
  }

  /** Oldest first. @throws DrillError DRILL_HISTORY_UNREADABLE */
  names(): readonly string[] {
    try {
      return readdirSync(this.folder)
        .filter((name) => NAME.test(name))
        .sort();
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
      throw this.#unreadable(this.folder, reasonOf(cause), cause);
    }
  }

  /** @throws DrillError DRILL_HISTORY_UNREADABLE */
  read(name: string): DrillRun {
    const path = join(this.folder, name);
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(path, 'utf8'));
    } catch (cause) {
      throw this.#unreadable(path, reasonOf(cause), cause);
    }
    if (!isRun(value))
      throw this.#unreadable(path, 'it is no record of a drill, or of another version', undefined);
    return value;
  }

  #unreadable(path: string, reason: string, cause: unknown): DrillError {
    return new DrillError('DRILL_HISTORY_UNREADABLE', `cannot read \`${path}\`: ${reason}`, {
      help: 'run as root; remove the file if it is damaged, it is needed for comparisons only',
      cause,
    });
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isMaybe = (value: unknown, type: 'number'): boolean => value === undefined || typeof value === type;
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isHit = (value: unknown): boolean =>
  isRecord(value) &&
  [value.rule, value.priority, value.output].every(isText) &&
  isTexts(value.tags) &&
  typeof value.count === 'number' &&
  typeof value.isExpected === 'boolean';
const isHits = (value: unknown): boolean => Array.isArray(value) && value.every(isHit);

const isResult = (value: unknown): boolean =>
  isRecord(value) &&
  [value.id, value.title, value.theme, value.tactic, value.technique, value.reason, value.container].every(
    isText,
  ) &&
  OUTCOMES.some((outcome) => outcome === value.outcome) &&
  typeof value.benign === 'boolean' &&
  isMaybe(value.detectMs, 'number') &&
  isMaybe(value.respondMs, 'number') &&
  isHits(value.hits);

const isLoad = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value.seconds === 'number' &&
  typeof value.falsePositives === 'number' &&
  Array.isArray(value.loads) &&
  value.loads.every(
    (load) =>
      isRecord(load) &&
      [load.id, load.title, load.container].every(isText) &&
      typeof load.rounds === 'number' &&
      typeof load.failedRounds === 'number' &&
      isHits(load.hits),
  );

const isPosture = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value.containers === 'number' &&
  typeof value.protectedContainers === 'number' &&
  isRecord(value.sections) &&
  Object.values(value.sections).every((count) => typeof count === 'number') &&
  (value.evidence === undefined ||
    (isRecord(value.evidence) &&
      [value.evidence.recorded, value.evidence.of, value.evidence.dropped].every(
        (count) => typeof count === 'number',
      )));

/** Files of the state folder are ours, but anybody may have edited them. */
function isRun(value: unknown): value is DrillRun {
  return (
    isRecord(value) &&
    value.format === 1 &&
    ['startedAt', 'endedAt', 'hostname', 'kernel', 'producer', 'detectedBy', 'root'].every((key) =>
      isText(value[key]),
    ) &&
    typeof value.isInterrupted === 'boolean' &&
    typeof value.lostEvents === 'number' &&
    Array.isArray(value.results) &&
    value.results.every(isResult) &&
    (value.load === undefined || isLoad(value.load)) &&
    (value.rules === undefined || isTexts(value.rules)) &&
    (value.posture === undefined || isPosture(value.posture))
  );
}
