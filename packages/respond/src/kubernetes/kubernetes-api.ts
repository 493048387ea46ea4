import { setTimeout as sleep } from 'node:timers/promises';
import { RespondError } from '../error.js';
import { ask, fieldOf, jsonOf, mayPass, type WebRequest } from '../web/web-client.js';
import { clusterOf, type KubernetesSettings } from './cluster.js';

/** As the API has them: of each only what is used. */
export interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly OwnerReference[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** What the server answered where it did not do it: a `Status`, or something in front of it. */
interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

const LABEL = 'the API server';
const MOST_CONFLICTS = 5;
const LONGEST = 300;

/** An API server, asked as its documentation has it. Objects that change meanwhile are looked at again. */
export class KubernetesApi {
  readonly #settings: KubernetesSettings;

  constructor(settings: KubernetesSettings) {
    this.#settings = settings;
  }

  /** undefined: there is none of that name. @throws RespondError */
  async get(path: string): Promise<KubernetesObject | undefined> {
    const answer = await this.#ask('GET', path, undefined);
    if ('object' in answer) return answer.object;
    if (answer.status === 404) return undefined;
    throw refused(`${path} cannot be read`, answer);
  }

  /**
   * Changes what `make` says of the object as it is now; undefined: nothing. A change in between is a conflict, and it is
   * asked again.
   *
   * @throws RespondError RESPOND_VANISHED, RESPOND_BUSY, RESPOND_REFUSED, RESPOND_UNREACHABLE
   */
  async change<T extends object>(
    path: string,
    make: (object: KubernetesObject) => { readonly patch: T; readonly before?: () => void } | undefined,
  ): Promise<'changed' | 'same'> {
    for (let turn = 0; turn < MOST_CONFLICTS; turn += 1) {
      const object = await this.get(path);
      if (object === undefined) throw vanished(path);
      const change = make(object);
      if (change === undefined) return 'same';
      change.before?.();
      const { resourceVersion, uid } = object.metadata;
      const answer = await this.#ask('PATCH', path, withVersion(change.patch, { resourceVersion, uid }));
      if ('object' in answer) return 'changed';
      if (answer.status === 404) throw vanished(path);
      if (answer.status !== 409) throw refused(`${path} cannot be changed`, answer);
      await sleep(20 * 2 ** turn);
    }
    throw new RespondError('RESPOND_BUSY', `${path} was changed by others each time`, { help: 'try again' });
  }

  /** `exists`: there is one of that name already. @throws RespondError */
  async create(path: string, object: object): Promise<KubernetesObject | 'exists'> {
    const answer = await this.#ask('POST', path, object);
    if ('object' in answer) return answer.object;
    if (answer.status === 409) return 'exists';
    throw refused(`nothing can be created at ${path}`, answer);
  }

  /** The object with that uid and no other of that name. False: it is gone. @throws RespondError */
  async delete(path: string, uid: string, graceSeconds?: number): Promise<boolean> {
    const answer = await this.#ask('DELETE', path, {
      ...{ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } },
      ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
    });
    if ('object' in answer) return true;
    // 409: another has that name by now.
    if (answer.status === 404 || answer.status === 409) return false;
    throw refused(`${path} cannot be deleted`, answer);
  }

  async #ask(
    method: WebRequest['method'],
    path: string,
    body: object | undefined,
  ): Promise<{ readonly object: KubernetesObject } | Refusal> {
    const { server, caText, token, identity } = clusterOf(this.#settings);
    const { timeoutMs, attempts } = this.#settings;
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await ask(
      {
        ...{ label: LABEL, ca: undefined, timeoutMs, attempts },
        ...(caText === undefined ? {} : { caText }),
        ...(identity === undefined ? {} : { identity }),
      },
      () => ({
        ...{ method, url: new URL(path.replace(/^\//, ''), server) },
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': type }),
          // Read again for each attempt: a token that ran out was renewed meanwhile.
          ...(token === undefined
            ? {}
            : { authorization: `Bearer ${clusterOf(this.#settings).token ?? token}` }),
        },
        body: body === undefined ? '' : JSON.stringify(body),
      }),
    );
    const { status, text } = answer;
    const object = jsonOf(text);
    const [reason, message] = ['reason', 'message'].map((key) => String(fieldOf(object, key) ?? ''));
    if (status < 200 || status >= 300) return { status, reason: reason ?? '', message: message ?? '' };
    if (typeof object === 'object' && object !== null) return { object: object as KubernetesObject }; // the API's own
    throw new RespondError('RESPOND_REFUSED', `${LABEL} answered ${status} with no object`, {
      help: 'is it an API server? something in front of it may answer in its place',
    });
  }
}

/** A uid that is sent has to be the object's own: another that was made under the name is left alone. */
function withVersion(patch: object, metadata: object): object {
  const { metadata: own = {}, ...rest } = patch as { readonly metadata?: object }; // a patch of ours
  return { ...rest, metadata: { ...own, ...metadata } };
}

const vanished = (path: string): RespondError =>
  new RespondError('RESPOND_VANISHED', `there is no ${path}`, { help: 'it ended meanwhile' });

function refused(what: string, { status, reason, message }: Refusal): RespondError {
  const said = [reason, message]
    .filter((text) => text !== '')
    .join(': ')
    .slice(0, LONGEST);
  return new RespondError(
    mayPass(status)
      ? 'RESPOND_UNREACHABLE'
      : status === 403 || status === 401
        ? 'RESPOND_DENIED'
        : 'RESPOND_REFUSED',
    `${what}: ${LABEL} answered ${status}${said === '' ? '' : `, ${said}`}`,
    { help: status === 403 ? 'deploy/kubernetes/responder.yaml has the role that the agent needs' : '' },
  );
}
