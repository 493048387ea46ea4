import { choice, mapped, object } from '@runward/policy/shape';
import { RespondError } from '../error.js';
import {
  credentialPlaces,
  httpsUrl,
  plainText,
  SERVER_FIELDS,
  secret,
  serverOf,
  shortName,
} from '../settings/values.js';
import { refused } from '../web/refused.js';
import { readSecret, type SecretPlace } from '../web/secret.js';
import { ask, fieldOf, jsonOf, type WebAnswer } from '../web/web-client.js';
import type { RevokerSettings, RevokerType } from './revoker.js';

const KINDS = ['lease', 'token', 'accessor', 'self'] as const;

export interface VaultSettings extends RevokerSettings {
  readonly url: string;
  readonly kind: (typeof KINDS)[number];
  /** Not for `self`: there the token that was found ends itself. */
  readonly token: SecretPlace | undefined;
  readonly namespace: string | undefined;
  readonly prefix: string;
}

const shape = mapped(
  object(
    {
      name: { shape: shortName, doc: 'Responses are recorded with it.' },
      url: { shape: httpsUrl, doc: 'Of the server, without `/v1`.' },
      kind: {
        shape: choice(KINDS),
        doc: 'What is found: the id of a lease, a token, its accessor, or a token that ends itself.',
      },
      token: { shape: secret, doc: 'Of the agent, with a policy that may update the path; not with `self`.' },
      namespace: { shape: plainText('a namespace'), doc: 'Of Vault Enterprise.' },
      prefix: {
        shape: plainText('the begin of a lease'),
        doc: 'Leases that begin so and no others: a container can hold any text.',
      },
      credentials: { shape: credentialPlaces, doc: 'Which of what the container holds.' },
      ...SERVER_FIELDS,
    },
    { required: ['name', 'url', 'kind', 'credentials'] },
  ),
  ({ value, span }, at): VaultSettings | undefined => {
    const { kind, token, prefix } = value;
    if (kind !== 'self' && token === undefined)
      return at.report('POLICY_KEY_MISSING', `\`token\` is missing for \`${kind}\``, 'add `token:`', span);
    if (kind === 'lease' && prefix === undefined)
      return at.report(
        'POLICY_KEY_MISSING',
        '`prefix` is missing for `lease`',
        'a container can hold the id of any lease: say how those of its workload begin, `database/creds/shop/`',
        span,
      );
    return {
      ...{ name: value.name, url: value.url, kind, token, namespace: value.namespace },
      ...{ prefix: prefix ?? '', credentials: value.credentials, ...serverOf(value) },
    };
  },
);

/** By kind: the path below `/v1`, and the key of the body. As Vault's HTTP API is documented. */
const CALLS = {
  lease: { path: 'sys/leases/revoke', key: 'lease_id' },
  token: { path: 'auth/token/revoke', key: 'token' },
  accessor: { path: 'auth/token/revoke-accessor', key: 'accessor' },
  self: { path: 'auth/token/revoke-self', key: '' },
} as const;

/** What Vault says of what it does not know (any more). */
const GONE =
  /invalid token|bad token|token not found|token to revoke not found|invalid accessor|invalid lease|lease not found/i;

const complaints = (text: string): string => {
  const errors = fieldOf(jsonOf(text), 'errors');
  return Array.isArray(errors) ? errors.filter((each) => typeof each === 'string').join('; ') : '';
};

/** It was void before. Of `token` and the others a 403 is about the agent's own token. */
const isGone = ({ status }: WebAnswer, kind: VaultSettings['kind'], words: string): boolean =>
  (status === 400 || status === 404 || (status === 403 && kind === 'self')) && GONE.test(words);

export const vault: RevokerType<VaultSettings> = {
  shape,
  revoke: async (settings, { value, name: where }) => {
    const { name, url, kind, token, namespace, prefix } = settings;
    if (!value.startsWith(prefix) || value.includes('..'))
      throw new RespondError('RESPOND_REFUSED', `what \`${where}\` holds does not begin with \`${prefix}\``, {
        help: 'no other lease is revoked than the settings allow',
      });
    // No header can hold a line feed, and no token has one.
    if (!/^[\x21-\x7e]+$/.test(value))
      throw new RespondError('RESPOND_REFUSED', `what \`${where}\` holds is nothing Vault gives out`);
    const own = token === undefined ? value : readSecret(token);
    const { path, key } = CALLS[kind];
    const label = `the revoker \`${name}\``;
    const answer = await ask(
      { ...settings, label },
      {
        ...{ method: 'POST', url: new URL(`${url.replace(/\/+$/, '')}/v1/${path}`) },
        headers: {
          ...{ 'content-type': 'application/json', 'x-vault-token': own, 'x-vault-request': 'true' },
          ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
        },
        // `sync`: the answer comes when the secret is void, not when that is queued.
        body: JSON.stringify(key === '' ? {} : { [key]: value, ...(kind === 'lease' ? { sync: true } : {}) }),
      },
    );
    if (answer.status === 200 || answer.status === 204) return 'revoked';
    const words = complaints(answer.text);
    if (isGone(answer, kind, words)) return 'already';
    throw refused(label, answer, words, [value, own]);
  },
};
