import { readFileSync } from 'node:fs';
import type { ContainerGroups } from '../container/container-groups.js';
import { writeGroupFile } from '../container/group-file.js';
import { errnoOf, RespondError, respondError } from '../error.js';

export interface ThrottleOrder {
  /** Of one processor: 0.1 is a tenth of one, 2 two of them. */
  readonly cpus?: number;
  readonly pids?: number;
}

/** A limit as it was and as it was set, by the file it is in. */
export interface ChangedLimit {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

const PERIOD_US = 100_000;
/** What the kernel takes at least. */
const LEAST_QUOTA_US = 1_000;

/**
 * Limits what a container may use of processors and how many processes it may have. Those it has stay.
 *
 * @throws RespondError RESPOND_NO_CONTROLLER, RESPOND_GROUP_SHARED; nothing is changed then
 */
export function throttle(
  groups: ContainerGroups,
  { cpus, pids }: ThrottleOrder,
  onPlan: (planned: readonly ChangedLimit[]) => void = () => undefined,
): readonly ChangedLimit[] {
  groups.mustBeOwn();
  const planned = [
    ...(cpus === undefined ? [] : cpuLimit(groups, cpus)),
    ...(pids === undefined ? [] : [limit(groups, 'pids', 'pids.max', String(pids))]),
  ];
  onPlan(planned);
  const done: ChangedLimit[] = [];
  try {
    for (const change of planned) {
      set(change.file, change.after);
      done.push(change);
    }
  } catch (error) {
    for (const { file, before } of done.reverse()) set(file, before);
    throw error;
  }
  return planned;
}

function cpuLimit(groups: ContainerGroups, cpus: number): readonly ChangedLimit[] {
  const group = groups.group('cpu');
  const quota = Math.max(LEAST_QUOTA_US, Math.round(cpus * PERIOD_US));
  if (group?.tree.version === 1) {
    const period = limit(groups, 'cpu', 'cpu.cfs_period_us', String(PERIOD_US));
    const change = limit(groups, 'cpu', 'cpu.cfs_quota_us', String(quota));
    return period.before === period.after ? [change] : [period, change];
  }
  return [limit(groups, 'cpu', 'cpu.max', `${quota} ${PERIOD_US}`)];
}

function limit(groups: ContainerGroups, controller: string, name: string, after: string): ChangedLimit {
  const group = groups.group(controller);
  const file = `${group?.folder ?? ''}/${name}`;
  try {
    if (group !== undefined) return { file, before: readFileSync(file, 'utf8').trim(), after };
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw respondError(`\`${name}\` cannot be read`, cause);
  }
  throw new RespondError('RESPOND_NO_CONTROLLER', `the container has no \`${name}\``, {
    help: `the controller \`${controller}\` is not on for its group; nothing was changed`,
  });
}

/**
 * Puts back what was. What somebody else changed meanwhile is theirs, and is left; so is what went with the group.
 *
 * @returns the files that were left, each with why
 */
export function unthrottle(changes: readonly ChangedLimit[]): readonly string[] {
  const left: string[] = [];
  for (const { file, before, after } of [...changes].reverse()) {
    try {
      const now = readFileSync(file, 'utf8').trim();
      if (now === before) continue;
      if (now === after) set(file, before);
      else left.push(`\`${file}\` is \`${now}\` by now, which somebody else set`);
    } catch (cause) {
      if (errnoOf(cause) !== 'ENOENT' && errnoOf(cause) !== 'ENODEV')
        throw respondError(`\`${file}\``, cause);
    }
  }
  return left;
}

function set(file: string, text: string): void {
  try {
    writeGroupFile(file, text);
  } catch (cause) {
    throw respondError(`\`${text}\` cannot be written to \`${file}\``, cause);
  }
}
