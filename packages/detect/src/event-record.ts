import type { EventView } from '@runward/events';
import { EventFlag, fieldCatalogue } from '@runward/events';
import {
  type ContainerSummary,
  type ProcessSummary,
  summarizeContainer,
  summarizeProcess,
} from './detection.js';
import { formatTime } from './time-text.js';

/** One event of `runward events`, as plain data. */
export interface EventRecord {
  readonly time: string;
  readonly number: number;
  readonly type: string;
  readonly cpu: number;
  readonly result: number | null;
  readonly outcome: string;
  /** Arguments as text, by name. */
  readonly args: string;
  readonly path: string | null;
  readonly name: string | null;
  readonly container: ContainerSummary | null;
  readonly process: ProcessSummary;
  readonly parent: string;
  readonly callerMemory: boolean;
  readonly truncated: boolean;
  readonly compat32: boolean;
  readonly ioUring: boolean;
}

const text = (field: string, view: EventView): string => {
  const value = fieldCatalogue.get(field)?.extract(view, undefined);
  return value === undefined ? '' : String(value);
};

export function describeEvent(view: EventView): EventRecord {
  const has = (flag: number): boolean => (view.flags & flag) !== 0;
  const name = text('fd.name', view);
  return {
    time: formatTime(view.timeNs),
    number: view.number,
    type: view.typeName,
    cpu: view.cpu,
    result: view.result ?? null,
    outcome: text('evt.res', view),
    args: text('evt.args', view),
    path: view.path(0) ?? null,
    name: name === '' ? null : name,
    container: view.container === undefined ? null : summarizeContainer(view.container),
    process: summarizeProcess(view.process, view.accounts.userName(view.process.uid) ?? ''),
    parent: view.process.parent?.comm ?? '',
    callerMemory: has(EventFlag.callerMemory),
    truncated: has(EventFlag.truncated),
    compat32: has(EventFlag.compat32),
    ioUring: has(EventFlag.ioUring),
  };
}
