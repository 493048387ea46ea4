import type { Subject } from '../container/container-groups.js';
import type { RestartEngine } from '../effects/restarts.js';
import type { Asker, UndoStep } from '../record/record.js';
import type { ResponseSettings } from '../settings/response-settings.js';
import type { Term } from './term.js';

/** What actions need besides the kernel's files. */
export interface Hands {
  /** Cuts a container off the network; ids in full. */
  isolate(id: string, terms: IsolationTerms, by: Asker): Promise<IsolationOutcome>;
  /** False when it was not isolated. */
  release(id: string, by: Asker): Promise<boolean>;
  readonly engines: readonly RestartEngine[];
  readonly snapshotFolder: string;
  readonly settings: ResponseSettings;
  /** Where scripts are run from. */
  readonly scriptFolder: string;
  /** Keeps what is seen of a container; ids in full. `nobody`: there is nothing here that does; `gone`: it does not run any more. */
  capture(id: string, why: string, by: Asker): Promise<Captured | 'nobody' | 'gone'>;
}

export interface Captured {
  readonly folder: string;
  /** What could not be had, and why. */
  readonly problems: readonly string[];
  readonly [fact: string]: unknown;
}

export interface IsolationTerms {
  /** Networks that stay reachable. */
  readonly allow: readonly string[];
  readonly forMs: number | undefined;
}

export interface IsolationOutcome {
  /** It was isolated before; networks and time are replaced. */
  readonly was: boolean;
  readonly facts: unknown;
  /** What is not cut off on this host. */
  readonly notCut: readonly string[];
}

/** What is written down while an action is under way. */
export interface Doing {
  readonly id: string;
  readonly by: Asker;
  readonly why: string;
  /** To be called before the effect is there. */
  undoable(step: UndoStep): void;
  /** The effect that this would take back is over. */
  settled(step: UndoStep): void;
  note(text: string): void;
}

export interface Outcome {
  readonly result: 'done' | 'already';
  readonly facts?: unknown;
}

/**
 * One action: what it is told, in orders, playbooks and on the command line, and how it is done. What does it is loaded when it is
 * needed: orders are read where nothing acts.
 */
export interface Action<O extends { readonly action: string }> {
  readonly name: O['action'];
  readonly summary: string;
  /** For the help of its command. */
  readonly about: string;
  readonly example: readonly [command: string, what: string];
  readonly terms: { readonly [K in Exclude<keyof O, 'action'>]-?: Term<O[K]> };
  /** Words of terms of which playbooks give one at least. */
  readonly least?: readonly string[];
  /** What is wrong with terms that are right by themselves, and how to mend it; undefined: nothing. */
  readonly objection?: (order: O) => { readonly message: string; readonly help: string } | undefined;
  /** How long it may take; 30 s unless it says so. */
  readonly patienceMs?: (order: O) => number;
  /** @throws RespondError; what it had begun is taken back then */
  readonly perform: (order: O, subject: Subject, hands: Hands, doing: Doing) => Promise<Outcome>;
}
