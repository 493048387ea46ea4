import type { EventView } from '@runward/events';
import { formatTime } from './time-text.js';

/** The event of one step of a sequence, kept until the sequence is complete: a few facts of bounded size. */
export interface StepSummary {
  /** Name of the step. */
  readonly step: string;
  /** RFC 3339 with nanoseconds, UTC. */
  readonly time: string;
  readonly type: string;
  readonly number: number;
  readonly pid: number;
  readonly vpid: number;
  readonly name: string;
  readonly exe: string;
  readonly uid: number;
  /** Full id; '' for the host. */
  readonly container: string;
}

export function summarizeStep({ timeNs, typeName, number, process, container }: EventView): StepSummary {
  const { pid, vpid, comm, executable, uid } = process;
  const who = { pid, vpid, name: comm, exe: executable.path, uid, container: container?.id ?? '' };
  return { step: '', time: formatTime(timeNs), type: typeName, number, ...who };
}
