import { list, mapped, object, type Shape } from '@runward/policy/shape';
import type { ScriptSettings } from '../script/signed-script.js';
import type { WebhookSettings } from '../web/signed-webhook.js';
import { httpsUrl, path, SERVER_FIELDS, secret, serverOf, shortName } from './values.js';

const MOST_KEYS = 16;

export const webhookShape: Shape<WebhookSettings> = mapped(
  object(
    {
      name: { shape: shortName, doc: 'What orders name it by.' },
      url: { shape: httpsUrl, doc: 'What is told.' },
      key: { shape: secret, doc: 'What each request is signed with.' },
      ...SERVER_FIELDS,
    },
    { required: ['name', 'url', 'key'] },
  ),
  ({ value }) => ({ name: value.name, url: value.url, key: value.key, ...serverOf(value) }),
);

export const scriptsShape: Shape<ScriptSettings> = mapped(
  object(
    {
      folder: { shape: path, doc: 'Where scripts and their signatures lie.' },
      publicKeys: {
        shape: list(path, MOST_KEYS),
        doc: 'PEM files of Ed25519 keys; any of them may have signed.',
      },
    },
    { required: ['folder', 'publicKeys'] },
  ),
  ({ value: { folder, publicKeys }, span }, at): ScriptSettings | undefined =>
    publicKeys.length > 0
      ? { folder, publicKeys }
      : at.report(
          'POLICY_VALUE',
          'there is no key, so nothing could be run',
          'name one in `publicKeys`',
          span,
        ),
);
