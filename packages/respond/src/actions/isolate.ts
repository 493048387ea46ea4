import type { Subject } from '../container/container-groups.js';
import type { UndoStep } from '../record/record.js';
import type { Action, Doing, Hands, Outcome } from './action.js';
import { type Term, texts, time } from './term.js';

export interface IsolateOrder {
  readonly action: 'isolate';
  readonly allow: readonly string[];
  readonly forMs?: number;
}

const YEAR_MS = 365 * 24 * 3_600_000;

export const allowTerm = (doc: string): Term<readonly string[]> =>
  texts({ word: 'allow', value: 'CIDR', doc, what: 'an address or network', most: 1024, longest: 64 });

export const isolate: Action<IsolateOrder> = {
  name: 'isolate',
  summary: 'cut a container off the network, as a recorded response',
  about: 'The same as `runward isolate`, with a record that can be undone by its id.',
  example: ['runward respond isolate web --allow 192.0.2.7', 'one host may still reach it'],
  terms: {
    allow: allowTerm('Networks that stay reachable.'),
    forMs: time({
      ...{ word: 'for', doc: 'How long. Default: until it is released.' },
      ...{ least: 1, most: 100 * YEAR_MS, written: YEAR_MS, otherwise: undefined },
    }),
  },
  perform: ({ allow, forMs }, subject, hands, doing) => cutOff(subject, hands, doing, { allow, forMs }),
};

/** Also what `quarantine` does. */
export async function cutOff(
  subject: Subject,
  hands: Hands,
  doing: Doing,
  terms: Parameters<Hands['isolate']>[1],
): Promise<Outcome> {
  const step: UndoStep = { step: 'release' };
  doing.undoable(step);
  const { was, facts, notCut } = await hands.isolate(subject.id, terms, doing.by);
  if (was) doing.settled(step);
  for (const note of notCut) doing.note(`not cut off: ${note}`);
  return { result: was ? 'already' : 'done', facts };
}
