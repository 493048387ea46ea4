import { randomUUID } from 'node:crypto';
import { RunwardError } from '@runward/core';
import type { Doing, Hands, Outcome } from './actions/action.js';
import { actionOf } from './actions/table.js';
import type { Subject } from './container/container-groups.js';
import type { ChangedLimit } from './effects/throttle.js';
import { RespondError } from './error.js';
import type { Journal } from './record/journal.js';
import type { Order } from './record/order.js';
import { type Asker, isInForce, type ResponseRecord, type UndoStep } from './record/record.js';
import { takeBack } from './record/take-back.js';

export interface ResponderOptions {
  readonly hands: Hands;
  readonly journal: Journal;
  /** A container that runs, by its full id. */
  readonly find: (id: string) => Promise<Subject | undefined>;
  /** Each record when it is complete, and again when it is undone: for the log of evidence. */
  readonly onRecord?: (record: ResponseRecord) => void;
  readonly say: (message: string) => void;
  readonly now?: () => number;
}

export interface Respond {
  readonly subject: Subject;
  readonly order: Order;
  readonly by: Asker;
  readonly why: string;
}

/** Unless the action says otherwise. */
const PATIENCE_MS = 30_000;

/**
 * Does what is ordered, one action at a time for each container, and keeps a record of it. What fails is a record as well;
 * nothing here throws because of what an action met.
 */
export class Responder {
  readonly #options: ResponderOptions;
  readonly #now: () => number;
  /** By container: what is under way. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #problem = '';

  constructor(options: ResponderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** '' or why records are not kept. */
  get problem(): string {
    return this.#problem;
  }

  /** The oldest first. */
  get records(): readonly ResponseRecord[] {
    return this.#options.journal.records;
  }

  get inForce(): readonly ResponseRecord[] {
    return this.records.filter(isInForce);
  }

  /** Never rejects. */
  respond(request: Respond): Promise<ResponseRecord> {
    return this.#inTurn(request.subject.id, () => this.#respond(request));
  }

  /** Records what was done to a container elsewhere, and how that ended. */
  noted(
    request: Respond,
    outcome: Pick<ResponseRecord, 'facts' | 'error' | 'beganAt' | 'tookMs'>,
  ): ResponseRecord {
    const { subject, order, by, why } = request;
    const { id, name, runtime, pod } = subject;
    return this.#complete({
      ...{ id: randomUUID(), action: order.action, order, target: { id, name, runtime, pod }, by, why },
      ...{
        result: outcome.error === undefined ? 'done' : 'failed',
        notes: [],
        undo: [],
        endedAt: this.#time(),
      },
      ...outcome,
    });
  }

  async #respond({ subject, order, by, why }: Respond): Promise<ResponseRecord> {
    const { id, name, runtime, pod } = subject;
    let record: ResponseRecord = {
      ...{ id: randomUUID(), action: order.action, order, target: { id, name, runtime, pod }, by, why },
      ...{ beganAt: this.#time(), result: 'under-way', notes: [], undo: [] },
    };
    this.#put(record);
    const change = (part: Partial<ResponseRecord>): void => {
      record = { ...record, ...part };
    };
    const doing: Doing = {
      id: record.id,
      ...{ by, why },
      undoable: (step) => {
        change({ undo: [...record.undo, step] });
        this.#put(record);
      },
      settled: (step) => change({ undo: record.undo.filter((each) => each !== step) }),
      note: (text) => change({ notes: [...record.notes, text] }),
    };
    const startedAtMs = performance.now();
    try {
      const { perform, patienceMs } = actionOf(order.action);
      const { result, facts } = await within(
        patienceMs?.(order) ?? PATIENCE_MS,
        perform(order, subject, this.#options.hands, doing),
      );
      change({ result, ...(facts === undefined ? {} : { facts }) });
      record = this.#takeOver(record);
      if (ENDING.has(order.action)) this.ended(id);
    } catch (error) {
      change({ result: 'failed', error: described(error) });
      record = await this.#withdraw(record, subject);
    }
    const tookMs = Math.round((performance.now() - startedAtMs) * 10) / 10;
    return this.#complete({ ...record, endedAt: this.#time(), tookMs });
  }

  /** What failed halfway leaves nothing behind. */
  async #withdraw(record: ResponseRecord, subject: Subject | undefined): Promise<ResponseRecord> {
    if (record.undo.length === 0) return record;
    try {
      const notes = await takeBack(record, subject, this.#options.hands);
      return { ...record, undo: [], notes: [...record.notes, ...notes] };
    } catch (error) {
      const { message } = described(error);
      return {
        ...record,
        notes: [...record.notes, `what it had begun is still there: ${message}; undo it later`],
      };
    }
  }

  /** A later response of the same kind has what the earlier one would undo; two undos could contradict each other. */
  #takeOver(record: ResponseRecord): ResponseRecord {
    const earlier = this.inForce.filter(
      (each) => each.target.id === record.target.id && each.id !== record.id,
    );
    const same = earlier.filter(({ action }) => action === record.action && TAKEN_OVER.has(action));
    for (const each of same) this.#put({ ...each, replacedBy: record.id });
    const opposite = earlier.filter(({ action }) => action === OPPOSITES[record.action]);
    for (const each of opposite)
      this.#close(each, { why: `\`${record.action}\` took it back`, by: record.by, notes: [] });
    if (same.length === 0) return record;
    return { ...record, undo: same.map(({ undo }) => undo).reduceRight(merged, record.undo) };
  }

  /**
   * Takes back what a response did. Asked for again it answers as before.
   *
   * @throws RespondError RESPOND_UNKNOWN, RESPOND_NO_UNDO, and what stood in the way
   */
  undo(id: string, by: Asker): Promise<ResponseRecord> {
    const record = this.#find(id);
    return this.#inTurn(record.target.id, () => this.#undo(record.id, by));
  }

  async #undo(id: string, by: Asker): Promise<ResponseRecord> {
    const record = this.#find(id);
    if (record.undone !== undefined) return record;
    if (record.replacedBy !== undefined)
      throw new RespondError('RESPOND_NO_UNDO', `a later response took \`${short(id)}\` over`, {
        help: `undo that one: \`runward respond undo ${short(record.replacedBy)}\``,
      });
    if (record.undo.length === 0)
      throw new RespondError('RESPOND_NO_UNDO', `there is nothing to take back of \`${record.action}\``, {
        help: record.result === 'already' ? 'it was so before' : 'what was ended does not come back',
      });
    const subject = await this.#options.find(record.target.id);
    const notes = await takeBack({ ...record, by }, subject, this.#options.hands);
    const gone = subject === undefined ? ['the container does not run any more'] : [];
    return this.#close(record, { why: 'it was asked for', by, notes: [...gone, ...notes] });
  }

  #find(id: string): ResponseRecord {
    const found = this.records.filter(
      (record) => record.id === id || (id.length >= 4 && record.id.startsWith(id)),
    );
    const [record, other] = found;
    if (record !== undefined && other === undefined) return record;
    throw new RespondError(
      'RESPOND_UNKNOWN',
      record === undefined
        ? `there is no response \`${id}\``
        : `\`${id}\` is the beginning of several responses`,
      { help: '`runward respond list` has their ids' },
    );
  }

  /** What it did is over, whoever saw to that. */
  over(id: string, why: string): void {
    this.#close(this.#find(id), { why, notes: [] });
  }

  /** Its container ended: what only it knew is over with it. What others were told stays to be undone. */
  ended(containerId: string): void {
    for (const record of this.inForce)
      if (record.target.id === containerId && record.undo.every(({ step }) => !OUTLIVING.has(step)))
        this.#close(record, { why: 'the container ended', notes: [] });
  }

  /** Finishes what an agent that was ended in the middle had begun, and closes what is over. Never rejects. */
  async recover(): Promise<void> {
    for (const record of this.records.filter(({ result }) => result === 'under-way')) {
      const subject = await this.#options.find(record.target.id);
      const ended = { ...record, result: 'interrupted' as const, endedAt: this.#time() };
      // A killing that was interrupted must not leave the container frozen; what was to stay can be undone.
      this.#complete(record.action === 'kill-process' ? await this.#withdraw(ended, subject) : ended);
      this.#options.say(`\`${record.action}\` of ${nameOf(record)} was interrupted when the agent ended`);
    }
    for (const record of this.inForce)
      if ((await this.#options.find(record.target.id)) === undefined) this.ended(record.target.id);
  }

  #close(record: ResponseRecord, undone: Omit<NonNullable<ResponseRecord['undone']>, 'at'>): ResponseRecord {
    const closed = { ...record, undone: { at: this.#time(), ...undone } };
    this.#options.say(`\`${record.action}\` of ${nameOf(record)} is over: ${undone.why}`);
    return this.#tell(closed);
  }

  #complete(record: ResponseRecord): ResponseRecord {
    const { error, notes } = record;
    const said = [...(error === undefined ? [] : [`${error.message} [${error.code}]`]), ...notes];
    const more = said.length === 0 ? '' : `: ${said.join('; ')}`;
    this.#options.say(`\`${record.action}\` of ${nameOf(record)}: ${record.result}${more}`);
    return this.#tell(record);
  }

  #tell(record: ResponseRecord): ResponseRecord {
    this.#put(record);
    this.#options.onRecord?.(record);
    return record;
  }

  /** First the effect, then the record: a full disk must not keep anybody from containing an attack. */
  #put(record: ResponseRecord): void {
    try {
      this.#options.journal.put(record);
      this.#problem = '';
    } catch (error) {
      const { message } = described(error);
      if (this.#problem === '') this.#options.say(`responses are not recorded: ${message}`);
      this.#problem = message;
    }
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }

  #inTurn<T>(container: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#turns.get(container) ?? Promise.resolve()).then(work);
    const settled = done
      .catch(() => undefined)
      .then(() => {
        if (this.#turns.get(container) === settled) this.#turns.delete(container);
      });
    this.#turns.set(container, settled);
    return done;
  }
}

/** What is told to somebody else than the container stays when it ends, and can be taken back. */
const OUTLIVING: ReadonlySet<string> = new Set(['restarts', 'kubernetes']);
const OPPOSITES: Readonly<Partial<Record<string, string>>> = { unpause: 'pause', release: 'isolate' };
const ENDING: ReadonlySet<string> = new Set(['kill-container', 'stop']);
/** Done again with other terms, they are the same effect. */
const TAKEN_OVER = new Set(['isolate', 'throttle']);

/** What the earlier response knew of the time before counts. */
function merged(later: readonly UndoStep[], earlier: readonly UndoStep[]): readonly UndoStep[] {
  const limits = (steps: readonly UndoStep[]): readonly ChangedLimit[] =>
    steps.flatMap((each) => (each.step === 'limits' ? each.changes : []));
  const files = new Map(limits(earlier).map((change) => [change.file, change]));
  for (const change of limits(later))
    files.set(change.file, { ...change, before: files.get(change.file)?.before ?? change.before });
  const others = [...earlier, ...later].filter(({ step }) => step !== 'limits');
  const [other] = others;
  return [
    ...(other === undefined ? [] : [other]),
    ...(files.size === 0 ? [] : [{ step: 'limits' as const, changes: [...files.values()] }]),
  ];
}

const nameOf = ({ target }: ResponseRecord): string => target.name || target.id;
const short = (id: string): string => id.slice(0, 8);

function described(error: unknown): {
  readonly code: string;
  readonly message: string;
  readonly help: string;
} {
  if (error instanceof RunwardError) return { code: error.code, message: error.message, help: error.help };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'RESPOND_FAILED', message, help: 'this may be a defect of this program: report it' };
}

async function within(timeoutMs: number, work: Promise<Outcome>): Promise<Outcome> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      late.reject(
        new RespondError('RESPOND_TIMED_OUT', `it was not done within ${timeoutMs / 1000} s`, {
          help: 'what it had begun is taken back',
        }),
      ),
    timeoutMs,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
