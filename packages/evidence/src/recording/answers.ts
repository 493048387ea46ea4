/** What is written of the questions and answers between a tracker and the world. */
import type { AccountData, Identity, ProcessImage } from '@runward/tracker';
import { type Codec, flag, list, number, object, oneOf, optional, pair, text } from './codec.js';
import { accountData, type EntryFacts, entryFacts, identity, processImage } from './facts.js';

export interface ProcessAnswer {
  readonly pid: number;
  /** `startNs` is 0 when there was no such process any more. */
  readonly facts: EntryFacts;
  readonly image: ProcessImage;
}
export const processAnswer: Codec<ProcessAnswer> = object({
  pid: number,
  facts: entryFacts,
  image: processImage,
});

export interface CgroupPathAnswer {
  readonly pid: number;
  readonly cgroup: number;
  readonly path: string | undefined;
}
export const cgroupPathAnswer: Codec<CgroupPathAnswer> = object({
  pid: number,
  cgroup: number,
  path: optional(text),
});

export const cgroupsAnswer = list(pair(number, text));

export interface ContainerIdAnswer {
  readonly path: string;
  readonly id: string | undefined;
}
export const containerIdAnswer: Codec<ContainerIdAnswer> = object({ path: text, id: optional(text) });

export interface AccountsAskedAnswer {
  readonly cgroup: number;
  readonly asked: boolean;
}
export const accountsAskedAnswer: Codec<AccountsAskedAnswer> = object({ cgroup: number, asked: flag });

export interface PathAnswer {
  /** Number of the event that asked. */
  readonly event: number;
  readonly path: string;
  readonly followLast: boolean;
  readonly found: string | undefined;
}
export const pathAnswer: Codec<PathAnswer> = object({
  event: number,
  path: text,
  followLast: flag,
  found: optional(text),
});

export interface HostPathAnswer {
  readonly event: number;
  readonly path: string;
  readonly found: string | undefined;
}
export const hostPathAnswer: Codec<HostPathAnswer> = object({
  event: number,
  path: text,
  found: optional(text),
});

export const identifiedInput = object<{ cgroup: number; identity: Identity }>({ cgroup: number, identity });
export const accountedInput = object<{ cgroup: number; accounts: AccountData }>({
  cgroup: number,
  accounts: accountData,
});

/** Records the recorder lost because what it had was not written away in time. */
export interface GapNote {
  readonly records: number;
  readonly bytes: number;
  readonly reason: string;
}
export const gapNote: Codec<GapNote> = object({ records: number, bytes: number, reason: text });

export interface LossNote {
  readonly type: string;
  readonly cpu: number;
  readonly count: number;
}
export const lossNotes: Codec<readonly LossNote[]> = list(object({ type: text, cpu: number, count: number }));

export interface EndNote {
  /** `continued`: another segment follows, and what still waits is in its tables. */
  readonly reason: 'closed' | 'continued';
}
export const endNote: Codec<EndNote> = object({ reason: oneOf('closed', 'continued') });
