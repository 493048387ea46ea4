import { createHash } from 'node:crypto';
import { choice, mapped, object } from '@runward/policy/shape';
import {
  credentialPlaces,
  httpsUrl,
  SERVER_FIELDS,
  secret,
  serverOf,
  shortName,
} from '../settings/values.js';
import { sendSigned, type WebhookSettings } from '../web/signed-webhook.js';
import type { RevokerSettings, RevokerType } from './revoker.js';

const SENDS = ['name', 'digest', 'value'] as const;

export interface WebhookRevokerSettings extends RevokerSettings, WebhookSettings {
  readonly send: (typeof SENDS)[number];
}

const shape = mapped(
  object(
    {
      name: { shape: shortName, doc: 'Responses are recorded with it.' },
      url: { shape: httpsUrl, doc: 'What is told which credential to revoke.' },
      key: { shape: secret, doc: 'What each request is signed with.' },
      send: {
        shape: choice(SENDS),
        doc: 'Of the credential: where it was found, its SHA-256 too, or itself. Default name.',
      },
      credentials: { shape: credentialPlaces, doc: 'Which of what the container holds.' },
      ...SERVER_FIELDS,
    },
    { required: ['name', 'url', 'key', 'credentials'] },
  ),
  ({ value }): WebhookRevokerSettings => ({
    ...{ name: value.name, url: value.url, key: value.key, send: value.send ?? 'name' },
    ...{ credentials: value.credentials, ...serverOf(value) },
  }),
);

export const webhook: RevokerType<WebhookRevokerSettings> = {
  shape,
  revoke: async (settings, { from, name: where, value }, { subject, id, why }) => {
    const { send } = settings;
    const { id: container, name: containerName, runtime, pod } = subject;
    const sha256 = createHash('sha256').update(value).digest('hex');
    const body = {
      ...{ type: 'runward.revoke', response: id, why },
      container: { id: container, name: containerName, runtime, pod },
      credential: {
        ...{ from, name: where },
        ...(send === 'name' ? {} : { sha256 }),
        ...(send === 'value' ? { value } : {}),
      },
    };
    // One for the response and credential.
    const key = createHash('sha256').update(`${id} ${from} ${where} ${sha256}`).digest('hex').slice(0, 32);
    const answer = await sendSigned(settings, `the revoker \`${settings.name}\``, body, key);
    return answer.status === 208 ? 'already' : 'revoked';
  },
};
