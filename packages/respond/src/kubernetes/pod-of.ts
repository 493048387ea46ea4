import type { Hands } from '../actions/action.js';
import type { Subject } from '../container/container-groups.js';
import { RespondError } from '../error.js';
import { KubernetesApi, type KubernetesObject } from './kubernetes-api.js';
import { podPath } from './paths.js';

export interface PodAtHand {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
}

/** @throws RespondError RESPOND_NOT_SET_UP */
export function apiOf({ settings }: Pick<Hands, 'settings'>): KubernetesApi {
  if (settings.kubernetes !== undefined) return new KubernetesApi(settings.kubernetes);
  throw new RespondError('RESPOND_NOT_SET_UP', 'no API server may be asked', {
    help: 'write `kubernetes:` in the settings of responses, and start the agent with `--response-settings FILE`',
  });
}

/** The pod of a container, to be asked about. @throws RespondError RESPOND_NOT_SET_UP, RESPOND_NO_POD */
export function podAtHand(subject: Subject, hands: Pick<Hands, 'settings'>): PodAtHand {
  const api = apiOf(hands);
  const [namespace = '', name = '', more] = subject.pod.split('/');
  if (namespace === '' || name === '' || more !== undefined)
    throw new RespondError('RESPOND_NO_POD', `\`${subject.name || subject.id}\` is no container of a pod`, {
      help: 'this action is about pods; `runward ps` tells which containers are',
    });
  return { api, namespace, name, path: podPath(namespace, name) };
}

/** @throws RespondError RESPOND_VANISHED */
export async function podOf({ api, path }: PodAtHand): Promise<KubernetesObject> {
  const pod = await api.get(path);
  if (pod !== undefined) return pod;
  throw new RespondError('RESPOND_VANISHED', `the API server has no pod at ${path}`, {
    help: 'it was deleted meanwhile, or belongs to another cluster',
  });
}
