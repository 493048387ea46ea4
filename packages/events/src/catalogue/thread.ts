import type { FieldSpec } from '../field.js';
import { capabilityNames } from '../names/index.js';
import type { EventView } from '../view.js';
import { liveThreadFields } from './live.js';
import { known, rowsFrom } from './spec.js';
import { unavailableThreadFields } from './unavailable.js';

const kernel = rowsFrom('the event record');
const table = rowsFrom('the process table');

/** The main thread's id is the process's; of other threads the namespaced id equals the id on the host only. */
function namespacedThreadId({ tid, pid, process }: EventView): number | undefined {
  if (tid === pid) return process.vpid;
  return process.vpid === process.pid ? tid : undefined;
}

export const threadFields: readonly FieldSpec[] = [
  kernel('thread.tid', 'int', 'thread id, in the initial pid namespace', (v) => v.tid),
  kernel(
    'thread.vtid',
    'int',
    'thread id, in the pid namespace of the process; for other threads than the main one, known outside pid namespaces only',
    namespacedThreadId,
  ),
  kernel('thread.ismain', 'bool', 'the main thread of the process acts', (v) => v.tid === v.pid),
  table('thread.cap_permitted', 'string', 'permitted capabilities, as names separated by spaces', (v) =>
    capabilityNames(v.process.caps.permitted),
  ),
  table('thread.cap_effective', 'string', 'effective capabilities, as names separated by spaces', (v) =>
    capabilityNames(v.process.caps.effective),
  ),
  table('thread.cap_inheritable', 'string', 'inheritable capabilities, as names separated by spaces', (v) =>
    capabilityNames(v.process.caps.inheritable),
  ),
  table('thread.cgroups', 'string', 'path of the cgroup, as the kernel names it', (v) =>
    known(v.process.cgroupPath),
  ),
  ...liveThreadFields,
  ...unavailableThreadFields,
];
