import { ContainerGroups, type Subject } from '../container/container-groups.js';
import { Freezer } from '../container/freezer.js';
import { RespondError } from '../error.js';
import type { Order } from '../record/order.js';
import type { Asker, UndoStep } from '../record/record.js';
import { takeSnapshot } from '../snapshot/snapshot.js';
import { upperLayerOf } from '../snapshot/upper-layer.js';
import { killContainer } from './kill-container.js';
import { killProcess } from './kill-process.js';
import { preventRestarts, type RestartEngine, restartsOf } from './restarts.js';
import { stopContainer } from './stop.js';
import { throttle } from './throttle.js';

/** What actions need besides the kernel's files. */
export interface Hands {
  /** Cuts a container off the network; ids in full. */
  isolate(id: string, terms: IsolationTerms, by: Asker): Promise<IsolationOutcome>;
  /** False when it was not isolated. */
  release(id: string, by: Asker): Promise<boolean>;
  readonly engines: readonly RestartEngine[];
  readonly snapshotFolder: string;
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

const FREEZE_MS = 5_000;
const SNAPSHOT_MS = 600_000;

type Performer<A extends Order['action']> = (
  order: Extract<Order, { action: A }>,
  subject: Subject,
  hands: Hands,
  doing: Doing,
) => Promise<Outcome>;

/** How each action is done. A new one is an entry here. */
const PERFORMERS: { readonly [A in Order['action']]: Performer<A> } = {
  'kill-process': async (order, subject, _, doing) => {
    const groups = ContainerGroups.of(subject);
    const freezer = Freezer.of(groups);
    const thaw: UndoStep = { step: 'thaw' };
    const isOurs = freezer !== undefined && !freezer.isFrozen;
    if (isOurs) doing.undoable(thaw);
    const facts = await killProcess(groups, order);
    if (isOurs) doing.settled(thaw);
    if (facts.pending) doing.note('the container is paused: the processes end when it goes on');
    if (facts.how === 'stopped')
      doing.note(
        'the container could not be frozen meanwhile: a process that was continued by another may have forked',
      );
    return { result: 'done', facts };
  },
  'kill-container': async (_, subject, hands, doing) => {
    const restarts = restartsOf(subject, hands.engines);
    const facts = await killContainer(ContainerGroups.of(subject));
    const { engine, problem } = await restarts;
    if (engine !== undefined)
      doing.note(
        `${subject.runtime} starts it again (restart policy \`${engine.policy.Name}\`); \`stop\` keeps it from that`,
      );
    if (problem !== undefined) doing.note(problem);
    return { result: 'done', facts };
  },
  stop: async ({ graceMs }, subject, hands, doing) => {
    const groups = ContainerGroups.of(subject);
    groups.mustBeOwn();
    await keepDown(subject, hands, doing);
    return { result: 'done', facts: await stopContainer(groups, graceMs) };
  },
  pause: async (_, subject, __, doing) => {
    return { result: (await pause(ContainerGroups.of(subject), doing)) ? 'done' : 'already' };
  },
  unpause: async (_, subject) => {
    const freezer = Freezer.mustBe(ContainerGroups.of(subject));
    if (!freezer.isFrozen) return { result: 'already' };
    freezer.thaw();
    return { result: 'done' };
  },
  isolate: ({ allow, forMs }, subject, hands, doing) => isolate(subject, hands, doing, allow, forMs),
  release: async (_, subject, hands, doing) => ({
    result: (await hands.release(subject.id, doing.by)) ? 'done' : 'already',
  }),
  quarantine: async ({ by, allow }, subject, hands, doing) => {
    await keepDown(subject, hands, doing);
    if (by === 'pause') {
      try {
        const paused = await pause(ContainerGroups.of(subject), doing);
        return { result: paused ? 'done' : 'already', facts: { by: 'pause' } };
      } catch (error) {
        if (!(error instanceof RespondError) || !CANNOT_PAUSE.has(error.code)) throw error;
        doing.note(`it could not be paused (${error.message}), and was isolated instead`);
      }
    }
    const { result, facts } = await isolate(subject, hands, doing, allow, undefined);
    return { result, facts: { by: 'isolate', isolation: facts } };
  },
  throttle: async (order, subject, _, doing) => {
    const changes = throttle(ContainerGroups.of(subject), order, (planned) =>
      doing.undoable({ step: 'limits', changes: planned }),
    );
    return {
      result: changes.every(({ before, after }) => before === after) ? 'already' : 'done',
      facts: { changes },
    };
  },
  snapshot: async ({ maxBytes }, subject, hands, doing) => {
    const upper = upperLayerOf(subject.pids);
    const facts = await takeSnapshot({
      folder: hands.snapshotFolder,
      name: `${fileName(subject.name || subject.id)}-${doing.id}.tar`,
      ...{ upper, maxBytes, timeoutMs: SNAPSHOT_MS },
    });
    if (facts.omitted > 0) doing.note(`${facts.omitted} entries were left out: ${facts.examples.join('; ')}`);
    if (facts.changed > 0) doing.note(`${facts.changed} files were cut short while they were read`);
    return { result: 'done', facts: { ...facts, upper } };
  },
};

const CANNOT_PAUSE = new Set(['RESPOND_NO_FREEZER', 'RESPOND_FREEZE_TIMEOUT', 'RESPOND_NO_GROUP']);

/** @throws RespondError */
export function perform(order: Order, subject: Subject, hands: Hands, doing: Doing): Promise<Outcome> {
  // The entry of an action takes its orders.
  const performer = PERFORMERS[order.action] as Performer<Order['action']>;
  return performer(order, subject, hands, doing);
}

/** False when somebody paused it before: then it is not ours to unpause. */
async function pause(groups: ContainerGroups, doing: Doing): Promise<boolean> {
  groups.mustBeOwn();
  const freezer = Freezer.mustBe(groups);
  if (freezer.isFrozen) return false;
  doing.undoable({ step: 'thaw' });
  await freezer.freeze(FREEZE_MS);
  return true;
}

async function isolate(
  subject: Subject,
  hands: Hands,
  doing: Doing,
  allow: readonly string[],
  forMs: number | undefined,
): Promise<Outcome> {
  const step: UndoStep = { step: 'release' };
  doing.undoable(step);
  const { was, facts, notCut } = await hands.isolate(subject.id, { allow, forMs }, doing.by);
  if (was) doing.settled(step);
  for (const note of notCut) doing.note(`not cut off: ${note}`);
  return { result: was ? 'already' : 'done', facts };
}

/** Has the container not started again where its runtime can be told. */
async function keepDown(subject: Subject, hands: Hands, doing: Doing): Promise<void> {
  const { engine, problem } = await restartsOf(subject, hands.engines);
  if (problem !== undefined) doing.note(`a restart is not prevented: ${problem}`);
  if (engine === undefined) return;
  const step: UndoStep = { step: 'restarts', ...engine };
  doing.undoable(step);
  const failure = await preventRestarts(subject.id, engine.socket);
  if (failure === '') return;
  doing.settled(step);
  doing.note(`a restart is not prevented: ${failure}`);
}

const fileName = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9_.-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 100);
