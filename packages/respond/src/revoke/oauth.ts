import { choice, mapped, object } from '@runward/policy/shape';
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
import { ask, fieldOf, jsonOf } from '../web/web-client.js';
import type { RevokerSettings, RevokerType } from './revoker.js';

export interface OauthSettings extends RevokerSettings {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: SecretPlace | undefined;
  readonly auth: 'basic' | 'post';
  readonly hint: string | undefined;
}

const shape = mapped(
  object(
    {
      name: { shape: shortName, doc: 'Responses are recorded with it.' },
      url: { shape: httpsUrl, doc: 'The revocation endpoint.' },
      clientId: { shape: plainText('the id of a client'), doc: 'The client the tokens were given to.' },
      clientSecret: { shape: secret, doc: 'Of that client; a public client has none.' },
      auth: { shape: choice(['basic', 'post']), doc: 'How the client says who it is. Default basic.' },
      hint: { shape: choice(['access_token', 'refresh_token']), doc: 'What the tokens are.' },
      credentials: { shape: credentialPlaces, doc: 'Which of what the container holds.' },
      ...SERVER_FIELDS,
    },
    { required: ['name', 'url', 'clientId', 'credentials'] },
  ),
  ({ value }): OauthSettings => ({
    ...{ name: value.name, url: value.url, clientId: value.clientId, clientSecret: value.clientSecret },
    ...{ auth: value.auth ?? 'basic', hint: value.hint, credentials: value.credentials, ...serverOf(value) },
  }),
);

/** As application/x-www-form-urlencoded has it, which RFC 6749 (2.3.1) asks for before base64. */
const formEncoded = (text: string): string => new URLSearchParams({ a: text }).toString().slice(2);

/** RFC 7009. A token that is unknown, or not valid any more, is answered 200 as well: the answer does not tell. */
export const oauth: RevokerType<OauthSettings> = {
  shape,
  revoke: async (settings, { value }) => {
    const { name, url, clientId, clientSecret, auth, hint } = settings;
    const password = clientSecret === undefined ? undefined : readSecret(clientSecret);
    const form = new URLSearchParams({ token: value });
    if (hint !== undefined) form.set('token_type_hint', hint);
    const isBasic = auth === 'basic' && password !== undefined;
    if (!isBasic) form.set('client_id', clientId);
    if (!isBasic && password !== undefined) form.set('client_secret', password);
    const pair = `${formEncoded(clientId)}:${formEncoded(password ?? '')}`;
    const label = `the revoker \`${name}\``;
    const answer = await ask(
      { ...settings, label },
      {
        ...{ method: 'POST', url: new URL(url), body: form.toString() },
        headers: {
          ...{ 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
          ...(isBasic ? { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } : {}),
        },
      },
    );
    if (answer.status === 200) return 'revoked';
    throw refused(label, answer, fieldOf(jsonOf(answer.text), 'error'), [value, password ?? '']);
  },
};
