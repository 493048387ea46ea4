import type { FieldSpec } from '../field.js';
import type { LiveMemory } from '../live.js';
import type { EventView } from '../view.js';
import { index, key, position, rowsFrom } from './spec.js';

const living = rowsFrom('/proc of the process when the rule looks; not set once it has ended');

const memory =
  (pick: (memory: LiveMemory) => number) =>
  ({ live, process }: EventView): number | undefined => {
    const found = live?.memory(process);
    return found === undefined ? undefined : pick(found);
  };

/** Counted for the process, and shown by its main thread. */
const ofMainThread =
  (pick: (memory: LiveMemory) => number) =>
  (view: EventView): number | undefined =>
    view.tid === view.pid ? memory(pick)(view) : 0;

function descriptorUse({ live, process }: EventView): number | undefined {
  const limit = live?.descriptorLimit(process);
  const open = live?.descriptors(process)?.length;
  return limit === undefined || open === undefined || limit <= 0 ? undefined : open / limit;
}

function descriptorTypes({ live, process }: EventView): readonly string[] | undefined {
  const types = live
    ?.descriptors(process)
    ?.flatMap((fd) => live.descriptor(process, fd)?.type ?? [])
    .sort();
  return types === undefined ? undefined : [...new Set(types)];
}

const STANDARD = ['stdin', 'stdout', 'stderr'] as const;

export const liveProcFields: readonly FieldSpec[] = [
  living(
    'proc.vmsize',
    'uint',
    'virtual memory in KiB',
    memory((m) => m.vmSizeKib),
  ),
  living(
    'proc.vmrss',
    'uint',
    'resident memory in KiB',
    memory((m) => m.vmRssKib),
  ),
  living(
    'proc.vmswap',
    'uint',
    'swapped memory in KiB',
    memory((m) => m.vmSwapKib),
  ),
  living(
    'proc.nthreads',
    'uint',
    'number of threads, the main one included',
    memory((m) => m.threads),
  ),
  living(
    'proc.nchilds',
    'uint',
    'number of threads besides the main one',
    memory((m) => m.threads - 1),
  ),
  living(
    'proc.fdopencount',
    'uint',
    'number of open descriptors',
    ({ live, process }) => live?.descriptors(process)?.length,
  ),
  living('proc.fdlimit', 'int', 'how many descriptors the process may open; -1 without a limit', (v) =>
    v.live?.descriptorLimit(v.process),
  ),
  living('proc.fdusage', 'double', 'open descriptors as a part of the limit, 0 to 1', descriptorUse),
  ...STANDARD.flatMap((name, fd) => [
    living(
      `proc.${name}.type`,
      'string',
      `\`fd.type\` of descriptor ${fd}`,
      ({ live, process }) => live?.descriptor(process, fd)?.type,
    ),
    living(
      `proc.${name}.name`,
      'string',
      `\`fd.name\` of descriptor ${fd}; of a connection the local end first`,
      ({ live, process }) => live?.descriptor(process, fd)?.name,
    ),
  ]),
];

export const liveThreadFields: readonly FieldSpec[] = [
  living(
    'thread.pfmajor',
    'uint',
    'page faults of the thread that read from a device',
    (v) => v.live?.faults(v.process, v.tid)?.major,
  ),
  living(
    'thread.pfminor',
    'uint',
    'page faults of the thread that did not',
    (v) => v.live?.faults(v.process, v.tid)?.minor,
  ),
  living(
    'thread.vmsize',
    'uint',
    'virtual memory of the process in KiB for its main thread, 0 for others',
    ofMainThread((m) => m.vmSizeKib),
  ),
  living(
    'thread.vmrss',
    'uint',
    'resident memory of the process in KiB for its main thread, 0 for others',
    ofMainThread((m) => m.vmRssKib),
  ),
  living(
    'thread.cgroup',
    'string',
    'path of the cgroup in the hierarchy of one controller',
    (v, name) => v.live?.cgroup(v.process, String(name)),
    { argument: key(true, 'name of the controller, such as `memory`') },
  ),
];

export const liveFdFields: readonly FieldSpec[] = [
  living(
    'fd.types',
    'string',
    '`fd.type` of the descriptors the process has open, each type once',
    (view, which) => {
      const fd = position(which);
      if (which === undefined) return descriptorTypes(view);
      return fd === undefined ? undefined : view.live?.descriptor(view.process, fd)?.type;
    },
    { list: true, argument: index(false, 'number of one descriptor') },
  ),
];

/** Fields that only a living process can tell: never set where events are from the past. */
export const LIVE_FIELDS: ReadonlySet<string> = new Set(
  [...liveProcFields, ...liveThreadFields, ...liveFdFields].map((field) => field.name),
);
