import { eventTypeById } from '../event-types.js';
import type { FieldSpec } from '../field.js';
import { rowsFrom } from './spec.js';

const kernel = rowsFrom('the event record');

export const syscallFields: readonly FieldSpec[] = [
  kernel('syscall.type', 'string', 'name of the system call; not set for other events', (v) =>
    eventTypeById.get(v.typeId)?.isSyscall === true ? v.typeName : undefined,
  ),
];
