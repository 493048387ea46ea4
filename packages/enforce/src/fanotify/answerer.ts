import { readFileSync } from 'node:fs';
import { closeFd, openInRoot } from '@runward/native';
import {
  FAN_OPEN_EXEC_PERM,
  readAt,
  readFileInto,
  readInto,
  readLinkInto,
  writeFrom,
} from '@runward/native/fanotify';
import { type KernelTables, type RowQuestion, rowOf, START_OPERATION, walkBytes } from '@runward/policy';
import type { Actor, Actors } from './actors.js';
import { type AskedAccess, askedAccess } from './call-flags.js';
import { type GuardedMounts, type KnownMount, otherNames } from './guarded-mounts.js';
import { allowingLine, asksLater, type Denial, type FileNames, isByName, judgeNames } from './judgement.js';
import { judgesOpens, judgesStarts, READ, WRITE } from './mark-plan.js';
import type { GuardedSet } from './messages.js';
import { placeInFileSystem } from './mountinfo.js';
import { OpenedFile } from './opened-file.js';
import { PROGRAM_HEAD_BYTES, programKind } from './program-kind.js';
import type { VerdictPost } from './verdict-post.js';

/** `struct fanotify_event_metadata`. */
const EVENT = { length: 0, mask: 8, fd: 16, tid: 20, size: 24 } as const;
const FAN_ALLOW = 1;
const FAN_DENY = 2;
const EVENT_ROOM = 64;
const LOADERS_REMEMBERED = 1024;

/** How often in a row a thread is looked at that has not yet gone to sleep over its question. */
const LOOKS = 20;
/** How long one that does not get to run is waited for, while others are answered. */
const PATIENCE_MS = 2000;

/** An open that cannot be told yet from another. */
interface Waiting {
  readonly fd: number;
  readonly tid: number;
  readonly untilMs: number;
}

/**
 * Answers the events of a fanotify group. The thread it runs on does nothing else, opens no file of a container and
 * waits for nothing, so that what is stopped in an open is stopped for microseconds.
 */
export class Answerer {
  readonly sets = new Map<number, GuardedSet>();
  readonly #events = new Uint8Array(EVENT.size * EVENT_ROOM);
  readonly #eventsView = new DataView(this.#events.buffer);
  readonly #response = new Uint8Array(8);
  readonly #responseView = new DataView(this.#response.buffer);
  readonly #file = new OpenedFile();
  readonly #head = new Uint8Array(PROGRAM_HEAD_BYTES);
  readonly #text = new Uint8Array(PROGRAM_HEAD_BYTES);
  /** Threads that start a program whose loader is opened next. */
  readonly #awaitLoader = new Set<number>();
  readonly #waiting: Waiting[] = [];

  constructor(
    private readonly fanotify: number,
    private readonly actors: Actors,
    private readonly mounts: GuardedMounts,
    private readonly verdicts: VerdictPost,
    private readonly beat: () => void,
    private readonly problem: (text: string) => void,
  ) {}

  /** Whether some are to be looked at again, soon. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Looks again at those that could not be answered. */
  answerWaiting(nowMs: number): void {
    for (const { fd, tid, untilMs } of this.#waiting.splice(0)) {
      const answer = this.#judge(() => this.#mayOpen(fd, tid, nowMs >= untilMs));
      if (answer === undefined) this.#waiting.push({ fd, tid, untilMs });
      else this.#respond(fd, answer);
      this.beat();
    }
    this.verdicts.flush();
  }

  /** Answers what has come. */
  answerAll(): void {
    for (;;) {
      const length = readInto(this.fanotify, this.#events);
      if (length <= 0) break;
      this.mounts.catchUp();
      for (let at = 0; at + EVENT.size <= length; ) {
        this.#answer(at);
        this.beat();
        at += Math.max(EVENT.size, this.#eventsView.getUint32(at + EVENT.length, true));
      }
    }
    this.verdicts.flush();
  }

  #answer(at: number): void {
    const mask = this.#eventsView.getUint32(at + EVENT.mask, true);
    const fd = this.#eventsView.getInt32(at + EVENT.fd, true);
    const tid = this.#eventsView.getInt32(at + EVENT.tid, true);
    if (fd < 0) return; // the queue overflowed: an unlimited one does not
    const isStart = (mask & FAN_OPEN_EXEC_PERM) !== 0;
    const answer = this.#judge(() => (isStart ? this.#mayStart(fd, tid) : this.#mayOpen(fd, tid, false)));
    if (answer === undefined) this.#waiting.push({ fd, tid, untilMs: performance.now() + PATIENCE_MS });
    else this.#respond(fd, answer);
  }

  /** A defect here must not stop what is watched. */
  #judge(judge: () => boolean | undefined): boolean | undefined {
    try {
      return judge();
    } catch (error) {
      this.problem(error instanceof Error ? (error.stack ?? error.message) : String(error));
      return true;
    }
  }

  #respond(fd: number, isAllowed: boolean): void {
    this.#responseView.setInt32(0, fd, true);
    this.#responseView.setUint32(4, isAllowed ? FAN_ALLOW : FAN_DENY, true);
    writeFrom(this.fanotify, this.#response);
    closeFd(fd);
  }

  /** undefined: not yet to be told. With `isLast` what cannot be told is taken for the worst. */
  #mayOpen(fd: number, tid: number, isLast: boolean): boolean | undefined {
    const actor = this.actors.of(tid);
    const set = actor === undefined ? undefined : this.sets.get(actor.set);
    if (actor === undefined || set === undefined || !judgesOpens(set.tables)) return true;
    const { tables } = set;
    const names = this.#names(fd, tid);
    if (names === undefined) return this.#mayOpenNameless(set, actor, tid);
    const question = this.#question(tables, names, actor, tid, READ);
    const read = judgeNames(tables, names, question);
    const write = this.#file.isFolder
      ? undefined
      : judgeNames(tables, names, { ...question, operation: WRITE });
    if (read === undefined && write === undefined) {
      count(set, allowingLine(tables, names, question));
      return true;
    }
    const asked = this.#askedAccess(tid);
    if (asked === 'running' && !isLast) return undefined;
    const denial = strictest(
      typeof asked !== 'object' || asked.reads ? read : undefined,
      typeof asked !== 'object' || asked.writes ? write : undefined,
    );
    if (denial === undefined) return true;
    return this.#carryOut(set, actor, tid, denial, 'file', typeof asked !== 'object');
  }

  /** By no mount of a namespace: what can be denied is denied, since a name that is allowed cannot be shown. */
  #mayOpenNameless(set: GuardedSet, actor: Actor, tid: number): boolean {
    if (set.tables.sections.get('file')?.enforced !== true) return true;
    const denial = { operation: READ, line: 0, enforced: true, otherName: false };
    return this.#carryOut(set, actor, tid, denial, 'file', true);
  }

  #mayStart(fd: number, tid: number): boolean {
    const isLoader = this.#awaitLoader.delete(tid);
    const member = this.actors.of(tid);
    const actor = member ?? this.actors.starting(tid);
    const set = actor === undefined ? undefined : this.sets.get(actor.set);
    if (actor === undefined || set === undefined || !judgesStarts(set.tables)) return true;
    if (!isLoader) this.#expectLoader(fd, tid);
    const { tables } = set;
    const names = this.#names(fd, tid);
    const known = this.#knownMount(tid);
    if (known !== undefined) this.mounts.follow(known, tid);
    // What cannot be judged before it is started is judged by the kernel's program, which ends it.
    if (names === undefined || asksLater(tables, names, actor)) return true;
    const denial = judgeNames(tables, names, {
      ...this.#question(tables, names, actor, tid, START_OPERATION),
      drifted: !isLoader && this.#isDrift(fd, tid),
      fileless: !isLoader && this.#file.isUnlinked,
    });
    // Only watched: the kernel's program reports it.
    if (denial?.enforced !== true) return true;
    // A loader is part of starting the program that names it; yet one that a line names would run as a program.
    if (isLoader && !isByName(tables, denial)) return true;
    this.#awaitLoader.delete(tid);
    return this.#carryOut(set, actor, tid, denial, 'process', false);
  }

  #expectLoader(fd: number, tid: number): void {
    const length = readAt(fd, this.#head, 0);
    if (length <= 0 || programKind(this.#head, length) !== 'dynamic') return;
    if (this.#awaitLoader.size >= LOADERS_REMEMBERED) this.#awaitLoader.clear();
    this.#awaitLoader.add(tid);
  }

  #knownMount(tid: number): KnownMount | undefined {
    return this.mounts.find(this.#file.mountId, tid);
  }

  #names(fd: number, tid: number): FileNames | undefined {
    const file = this.#file;
    if (!file.look(fd) || file.pathLength === 0) return undefined;
    const mount = this.#knownMount(tid);
    const others = mount === undefined ? undefined : otherNames(mount, file);
    return others && { first: file.path, firstLength: file.pathLength, others };
  }

  #question(
    tables: KernelTables,
    names: FileNames,
    actor: Actor,
    tid: number,
    operation: number,
  ): RowQuestion {
    const knows = tables.classHash === 0n || actor.classHash === tables.classHash;
    return {
      operation,
      own: knows ? actor.own : this.#classesOf(tables, tid),
      ancestors: knows ? actor.ancestors : 0n,
      arguments: 0n,
      owner: asksOwner(tables, names) && this.#effectiveUser(tid) === this.#file.owner,
    };
  }

  /** For processes whose marks are for another set's classes. */
  #classesOf(tables: KernelTables, tid: number): bigint {
    const length = readLinkInto(`/proc/${tid}/exe`, this.#text);
    if (length <= 0) return 0n;
    const row = rowOf(tables, walkBytes(tables, tables.automaton.pathStart, this.#text, length));
    return tables.rules[row]?.from ?? 0n;
  }

  #effectiveUser(tid: number): number {
    try {
      return Number(/^Uid:\s*\d+\s+(\d+)/m.exec(readFileSync(`/proc/${tid}/status`, 'latin1'))?.[1] ?? -1);
    } catch {
      return -1; // it was killed while it waited
    }
  }

  /** `running`: the thread has put its question, and not yet gone to sleep. */
  #askedAccess(tid: number): AskedAccess | 'running' | undefined {
    for (let look = 0; look < LOOKS; look += 1) {
      const length = readFileInto(`/proc/${tid}/syscall`, this.#text);
      if (length <= 0) return undefined;
      const text = Buffer.from(this.#text.buffer, 0, length).toString('latin1');
      if (!text.startsWith('running')) return askedAccess(text);
    }
    return 'running';
  }

  /** As the kernel's program has it: in the upper layer, on another mount that can be written, or changed since. */
  #isDrift(fd: number, tid: number): boolean {
    const known = this.#knownMount(tid);
    if (known === undefined) return true;
    if (!known.isRoot) return !known.mount.readOnly;
    const { changedNs, pathText } = this.#file;
    const place = known.upper < 0 ? undefined : placeInFileSystem(known.mount, pathText);
    if (place === undefined) return known.facts.imageNs !== 0n && changedNs > known.facts.imageNs;
    const upper = openInRoot(known.upper, place, true);
    if (upper >= 0) closeFd(upper);
    // Not there by that name: unless it was moved away under our eyes, it is the image's.
    return (
      upper >= 0 ||
      !this.#file.look(fd) ||
      this.#file.pathText !== pathText ||
      this.#file.changedNs !== changedNs
    );
  }

  #carryOut(
    set: GuardedSet,
    actor: Actor,
    tid: number,
    denial: Denial,
    section: 'file' | 'process',
    unresolved: boolean,
  ): boolean {
    const { tables } = set;
    count(set, denial.line);
    const tgid = this.actors.leaderOf(tid);
    const kills = denial.enforced && tables.sections.get(section)?.kill === true && tgid > 0;
    if (kills) process.kill(tgid, 'SIGKILL');
    this.verdicts.note({
      ...{ actor, tgid, section, denial, unresolved },
      object: Buffer.from(this.#file.path.buffer, 0, this.#file.pathLength).toString('utf8'),
      outcome: kills ? 'killed' : denial.enforced ? 'denied' : 'would-deny',
    });
    return !denial.enforced;
  }
}

/** Enforced before watched, what is read before what is written. */
function strictest(read: Denial | undefined, write: Denial | undefined): Denial | undefined {
  if (read?.enforced === true) return read;
  return write?.enforced === true ? write : (read ?? write);
}

function asksOwner(tables: KernelTables, { first, firstLength, others }: FileNames): boolean {
  const asks = (path: Uint8Array, length: number): boolean => {
    const row = rowOf(tables, walkBytes(tables, tables.automaton.pathStart, path, length));
    const end = row + 1 + (tables.rules[row]?.line ?? 0);
    for (let at = row + 1; at < end; at += 1) if (tables.rules[at]?.ownerOnly === true) return true;
    return false;
  };
  return asks(first, firstLength) || others.some((name) => asks(name, name.length));
}

/** Hits, and when last: two numbers for each line. */
function count({ counts }: GuardedSet, line: number): void {
  const numbers = new Float64Array(counts);
  if (line === 0 || 2 * line + 1 >= numbers.length) return;
  numbers[2 * line] = (numbers[2 * line] ?? 0) + 1;
  numbers[2 * line + 1] = Date.now();
}
