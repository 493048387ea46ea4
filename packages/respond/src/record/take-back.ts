import type { Hands } from '../actions/action.js';
import { ContainerGroups, type Subject } from '../container/container-groups.js';
import { Freezer } from '../container/freezer.js';
import { setRestarts } from '../effects/restarts.js';
import { unthrottle } from '../effects/throttle.js';
import { unlessGone } from '../error.js';
import type { Asker, ResponseTarget, UndoStep } from './record.js';

export interface Effects {
  readonly undo: readonly UndoStep[];
  readonly target: ResponseTarget;
  /** Who takes them back. */
  readonly by: Asker;
}

/**
 * Takes effects back, the last one first; returns what could not be, each with why. A step whose effect is over is nothing
 * to do.
 *
 * @throws RespondError when a step failed in a way that trying again may mend; those before it are done
 */
export async function takeBack(
  { undo, target, by }: Effects,
  subject: Subject | undefined,
  hands: Hands,
): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const step of [...undo].reverse())
    notes.push(...(await take(step, { undo, target, by }, subject, hands)));
  return notes;
}

async function take(
  step: UndoStep,
  { target, by }: Effects,
  subject: Subject | undefined,
  hands: Hands,
): Promise<readonly string[]> {
  switch (step.step) {
    case 'thaw':
      return subject === undefined ? [] : (unlessGone(() => thaw(subject)) ?? []);
    case 'kubernetes': {
      const [{ undoInCluster }, { apiOf }] = await Promise.all([
        import('../kubernetes/undo.js'),
        import('../kubernetes/pod-of.js'),
      ]);
      return undoInCluster(apiOf(hands), step.undo);
    }
    case 'limits':
      return unthrottle(step.changes);
    case 'release':
      await hands.release(target.id, by);
      return [];
    case 'restarts': {
      const failure = await setRestarts(target.id, step.socket, step.policy);
      return failure === '' ? [] : [`its restart policy \`${step.policy.Name}\` is not back: ${failure}`];
    }
  }
}

function thaw(subject: Subject): readonly string[] {
  const freezer = Freezer.of(ContainerGroups.of(subject));
  if (freezer?.isFrozen === true) freezer.thaw();
  return [];
}
