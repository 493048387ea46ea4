import { mapped, object } from '@runward/policy/shape';
import { RespondError } from '../error.js';
import { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { podPath, secretPath } from '../kubernetes/paths.js';
import { type CredentialPlaces, credentialPlaces, shortName } from '../settings/values.js';
import { fieldOf, jsonOf, WEB_DEFAULTS } from '../web/web-client.js';
import type { Revocation, Revoked, RevokerSettings, RevokerType } from './revoker.js';

const TOKENS: CredentialPlaces = {
  env: [],
  files: ['/var/run/secrets/kubernetes.io/serviceaccount/token', '/var/run/secrets/tokens/*'],
  field: [],
};

const shape = mapped(
  object(
    {
      name: { shape: shortName, doc: 'Responses are recorded with it.' },
      credentials: {
        shape: credentialPlaces,
        doc: 'Where tokens are. Default: where the kubelet puts them.',
      },
    },
    { required: ['name'] },
  ),
  ({ value }): RevokerSettings => ({
    ...{ name: value.name, credentials: value.credentials ?? TOKENS, ca: undefined, ...WEB_DEFAULTS },
  }),
);

/**
 * A token of a service account is valid as long as the object it is bound to: the pod, or the secret a legacy one lies in. That
 * object is deleted. A token is what a container says it is: nothing but its own pod is deleted, and no secret that does not hold this token.
 */
export const kubernetes: RevokerType<RevokerSettings> = {
  shape,
  revoke: async ({ name }, { value }, revocation) => {
    if (revocation.kubernetes === undefined)
      throw new RespondError('RESPOND_NOT_SET_UP', `the revoker \`${name}\` has no API server to ask`, {
        help: 'write `kubernetes:` in the settings of responses',
      });
    const api = new KubernetesApi(revocation.kubernetes);
    const claims = claimsOf(value);
    const bound = fieldOf(claims, 'kubernetes.io');
    const namespace = textAt(bound, 'namespace') || textAt(claims, 'kubernetes.io/serviceaccount/namespace');
    const secret =
      textAt(fieldOf(bound, 'secret'), 'name') || textAt(claims, 'kubernetes.io/serviceaccount/secret.name');
    const pod = fieldOf(bound, 'pod');
    if (pod !== undefined)
      return deletePod(api, { namespace, name: textAt(pod, 'name'), uid: textAt(pod, 'uid') }, revocation);
    if (secret !== '') return deleteSecret(api, namespace, secret, value, revocation);
    throw refuse(
      'it is bound to no pod and no secret',
      'it ends when it runs out, or with its service account',
    );
  },
};

async function deletePod(
  api: KubernetesApi,
  bound: { readonly namespace: string; readonly name: string; readonly uid: string },
  { subject }: Revocation,
): Promise<Revoked> {
  if (`${bound.namespace}/${bound.name}` !== subject.pod)
    throw refuse(
      'it is bound to another pod than its container says',
      'look at that pod: its token was taken',
    );
  const path = podPath(bound.namespace, bound.name);
  const pod = await api.get(path);
  if (pod === undefined || pod.metadata.uid !== bound.uid) return 'already';
  if (pod.metadata.deletionTimestamp !== undefined) return 'already';
  return (await api.delete(path, bound.uid)) ? 'revoked' : 'already';
}

async function deleteSecret(
  api: KubernetesApi,
  namespace: string,
  name: string,
  token: string,
  { subject }: Revocation,
): Promise<Revoked> {
  if (namespace === '' || namespace !== subject.pod.split('/')[0])
    throw refuse(
      'it is of another namespace than its container',
      'look at that namespace: its token was taken',
    );
  const path = secretPath(namespace, name);
  const secret = await api.get(path);
  if (secret === undefined) return 'already';
  if (secret.type !== 'kubernetes.io/service-account-token')
    throw refuse(
      `the secret it names is of type \`${secret.type ?? ''}\``,
      'nothing but a token of a service account is deleted',
    );
  // The secret was made anew meanwhile: this token is void.
  if (Buffer.from(secret.data?.token ?? '', 'base64').toString('utf8') !== token) return 'already';
  return (await api.delete(path, secret.metadata.uid)) ? 'revoked' : 'already';
}

const refuse = (why: string, help: string): RespondError =>
  new RespondError('RESPOND_REFUSED', `the token was left: ${why}`, { help });

function claimsOf(token: string): unknown {
  const [, payload = ''] = token.split('.');
  const claims = jsonOf(Buffer.from(payload, 'base64url').toString('utf8'));
  if (typeof claims === 'object' && claims !== null) return claims;
  throw refuse('it is no token of a service account', 'look at the patterns of `credentials`');
}

const textAt = (holder: unknown, key: string): string => {
  const value = fieldOf(holder, key);
  return typeof value === 'string' ? value : '';
};
