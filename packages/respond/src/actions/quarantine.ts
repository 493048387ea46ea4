import { ContainerGroups, type Subject } from '../container/container-groups.js';
import { RespondError } from '../error.js';
import type { Action, Doing, Hands } from './action.js';
import { allowTerm, cutOff } from './isolate.js';
import { oneOf } from './term.js';

export interface QuarantineOrder {
  readonly action: 'quarantine';
  readonly by: 'pause' | 'isolate';
  readonly allow: readonly string[];
}

const CANNOT_PAUSE = new Set(['RESPOND_NO_FREEZER', 'RESPOND_FREEZE_TIMEOUT', 'RESPOND_NO_GROUP']);

export const quarantine: Action<QuarantineOrder> = {
  name: 'quarantine',
  summary: 'keep a container as it is for those who look: still, and not started again',
  about: `Pauses the container, or cuts it off the network with \`--by isolate\`, and has its runtime not start it again where its API
can. Where an API server is set up, its pod is labelled \`runward.dev/quarantine\`. One that cannot be paused is isolated instead. What was not possible is told. Undo takes all of it back.`,
  example: ['runward respond quarantine web', 'for the forensics'],
  terms: {
    by: oneOf({
      ...{ word: 'by', doc: 'How. Default pause.', words: ['pause', 'isolate'], otherwise: 'pause' },
      refusal: 'is no way to quarantine',
    }),
    allow: allowTerm('Networks that stay reachable when it is isolated.'),
  },
  perform: async ({ by, allow }, subject, hands, doing) => {
    const [{ keepDown }, { pause }] = await Promise.all([
      import('../effects/keep-down.js'),
      import('../effects/pause.js'),
    ]);
    await keepDown(subject, hands, doing);
    await relabel(subject, hands, doing);
    if (by === 'pause') {
      try {
        const paused = await pause(ContainerGroups.of(subject), doing);
        return { result: paused ? 'done' : 'already', facts: { by: 'pause' } };
      } catch (error) {
        if (!(error instanceof RespondError) || !CANNOT_PAUSE.has(error.code)) throw error;
        doing.note(`it could not be paused (${error.message}), and was isolated instead`);
      }
    }
    const { result, facts } = await cutOff(subject, hands, doing, { allow, forMs: undefined });
    return { result, facts: { by: 'isolate', isolation: facts } };
  },
};

const LABEL = 'runward.dev/quarantine';

/** So that those who look at the cluster see it, and policies can select it. Not being able to is no reason to let it go on. */
async function relabel(subject: Subject, hands: Hands, doing: Doing): Promise<void> {
  if (subject.pod === '' || hands.settings.kubernetes === undefined) return;
  const [{ changeMetadata }, { podAtHand }] = await Promise.all([
    import('../kubernetes/metadata.js'),
    import('../kubernetes/pod-of.js'),
  ]);
  try {
    const { api, path } = podAtHand(subject, hands);
    await changeMetadata(api, { path, field: 'labels', wanted: new Map([[LABEL, 'true']]) }, doing);
  } catch (error) {
    if (!(error instanceof RespondError)) throw error;
    doing.note(`the pod was not labelled: ${error.message}`);
  }
}
