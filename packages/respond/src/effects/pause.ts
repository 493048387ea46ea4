import type { Doing } from '../actions/action.js';
import type { ContainerGroups } from '../container/container-groups.js';
import { Freezer } from '../container/freezer.js';

const FREEZE_MS = 5_000;

/** False when somebody paused it before: then it is not ours to unpause. */
export async function pause(groups: ContainerGroups, doing: Doing): Promise<boolean> {
  groups.mustBeOwn();
  const freezer = Freezer.mustBe(groups);
  if (freezer.isFrozen) return false;
  doing.undoable({ step: 'thaw' });
  await freezer.freeze(FREEZE_MS);
  return true;
}
