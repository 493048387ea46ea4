import { checkHost } from '../check-host.js';
import { HardenError } from '../error.js';
import type { Host } from '../host/host.js';
import { type Change, changeText, subjectOf, sysctlPath } from './change.js';
import type { Applied, ChangeRecord } from './record.js';

/** Read at each start of the machine, so that what was set stays. */
export const SYSCTL_FILE = '/etc/sysctl.d/90-runward.conf';

export interface ChangeOutcome {
  readonly change: Change;
  /** As a command that does the same. */
  readonly command: string;
  readonly done: boolean;
  /** Why it was not done; ''. */
  readonly problem: string;
}

/** What `apply` would change, and nothing else. `only`: these checks, by id. @throws HardenError HARDEN_CHECK_UNKNOWN */
export function planned(host: Host, only: readonly string[]): readonly Change[] {
  const { findings } = checkHost(host);
  const missing = only.find((id) => !findings.some((finding) => finding.id === id));
  if (missing !== undefined)
    throw new HardenError('HARDEN_CHECK_UNKNOWN', `there is no check \`${missing}\``, {
      help: '`runward harden check --json` has the `id` of each',
    });
  return findings.flatMap(({ id, outcome }) =>
    outcome.state === 'weak' && outcome.change !== undefined && (only.length === 0 || only.includes(id))
      ? [outcome.change]
      : [],
  );
}

/**
 * Makes the changes, each after what was there is on the disk. One that cannot be made is told, and the others are made.
 *
 * @throws HardenError HARDEN_RECORD_DAMAGED, HARDEN_RECORD_UNWRITABLE
 */
export function applyChanges(
  host: Host,
  changes: readonly Change[],
  record: ChangeRecord,
): readonly ChangeOutcome[] {
  let applied = record.read();
  const outcomes = changes.map((change): ChangeOutcome => {
    const before = present(host, change);
    if (before === undefined) return failed(change, 'what is there cannot be read');
    const known = applied.some((each) => subjectOf(each.change) === subjectOf(change));
    // What was there before the first change is what is gone back to.
    const entries = known
      ? applied.map((each) => (subjectOf(each.change) === subjectOf(change) ? { ...each, change } : each))
      : [...applied, { change, before, at: new Date().toISOString() }];
    record.write(entries);
    const problem = make(host, change);
    if (problem !== '') {
      record.write(applied);
      return failed(change, problem);
    }
    applied = entries;
    return { change, command: changeText(change), done: true, problem: '' };
  });
  const kept = keepSettings(host, applied);
  return kept === ''
    ? outcomes
    : outcomes.map((each) =>
        each.change.kind === 'sysctl' && each.done
          ? { ...each, problem: `it is lost at the next start: ${kept}` }
          : each,
      );
}

/**
 * Takes every change back, the last made first. What somebody else has changed since is left as it is, and told.
 *
 * @throws HardenError HARDEN_NOTHING_APPLIED, HARDEN_RECORD_DAMAGED, HARDEN_RECORD_UNWRITABLE
 */
export function undoChanges(host: Host, record: ChangeRecord): readonly ChangeOutcome[] {
  const applied = record.read();
  if (applied.length === 0)
    throw new HardenError('HARDEN_NOTHING_APPLIED', 'nothing was changed that could be taken back', {
      help: '`runward harden apply` changes; what it changed is kept in the state folder (`--state DIR`)',
    });
  const outcomes = applied.toReversed().map((entry): ChangeOutcome => {
    const back = backOf(entry);
    const now = present(host, entry.change);
    if (now !== undefined && String(now) !== String(wanted(entry.change)))
      return failed(back, `somebody has set it to ${String(now)} since: it is left so`);
    const problem = make(host, back);
    return problem === ''
      ? { change: back, command: changeText(back), done: true, problem: '' }
      : failed(back, problem);
  });
  host.remove(SYSCTL_FILE);
  // What could not be taken back because of the kernel or the disk can be tried again; what others set is theirs.
  const left = applied.filter((entry) =>
    outcomes.some(
      (each) =>
        subjectOf(each.change) === subjectOf(entry.change) &&
        !each.done &&
        !each.problem.startsWith('somebody'),
    ),
  );
  record.write(left);
  if (left.length > 0) keepSettings(host, left);
  return outcomes;
}

const failed = (change: Change, problem: string): ChangeOutcome => ({
  change,
  command: changeText(change),
  done: false,
  problem,
});
const wanted = (change: Change): string | number => (change.kind === 'sysctl' ? change.value : change.mode);

function present(host: Host, change: Change): string | number | undefined {
  if (change.kind === 'sysctl') return host.read(sysctlPath(change.name))?.trim();
  const stat = host.stat(change.path);
  return stat === undefined || stat.isSymbolicLink() ? undefined : stat.mode & 0o7777;
}

/** '' when it holds afterwards: some settings take a value and keep another. */
function make(host: Host, change: Change): string {
  const problem =
    change.kind === 'sysctl'
      ? host.write(sysctlPath(change.name), `${change.value}\n`)
      : host.setMode(change.path, change.mode);
  if (problem !== '') return problem;
  const now = present(host, change);
  return String(now) === String(wanted(change)) ? '' : `it is ${String(now)} afterwards`;
}

const backOf = ({ change, before }: Applied): Change =>
  change.kind === 'sysctl' ? { ...change, value: String(before) } : { ...change, mode: Number(before) };

/** '' when they will be set at each start. */
function keepSettings(host: Host, applied: readonly Applied[]): string {
  const lines = applied.flatMap(({ change }) =>
    change.kind === 'sysctl' ? [`${change.name} = ${change.value}`] : [],
  );
  if (lines.length === 0) return '';
  return host.write(
    SYSCTL_FILE,
    ['# Written by `runward harden apply`; `runward harden undo` removes it.', ...lines, ''].join('\n'),
  );
}
