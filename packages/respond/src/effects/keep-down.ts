import type { Doing, Hands } from '../actions/action.js';
import type { Subject } from '../container/container-groups.js';
import type { UndoStep } from '../record/record.js';
import { preventRestarts, restartsOf } from './restarts.js';

/** Has the container not started again where its runtime can be told. */
export async function keepDown(subject: Subject, hands: Hands, doing: Doing): Promise<void> {
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
