import type { ServerSettings } from '../settings/values.js';
import { signature } from './hmac.js';
import { refused } from './refused.js';
import { readSecret, type SecretPlace } from './secret.js';
import { ask, type WebAnswer } from './web-client.js';

export interface WebhookSettings extends ServerSettings {
  readonly name: string;
  readonly url: string;
  /** What each request is signed with. */
  readonly key: SecretPlace;
}

/**
 * A signed POST; each attempt is signed anew, with the time it has. `key` stays the same for all of them, so that the receiver
 * knows what it was sent again.
 *
 * @throws RespondError RESPOND_UNREACHABLE, RESPOND_REFUSED, RESPOND_SECRET
 */
export async function sendSigned(
  settings: WebhookSettings,
  label: string,
  about: object,
  idempotencyKey: string,
): Promise<WebAnswer> {
  const body = JSON.stringify(about);
  const secretKey = readSecret(settings.key);
  const answer = await ask({ ...settings, label }, () => ({
    ...{ method: 'POST', url: new URL(settings.url), body },
    headers: {
      ...{ 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      'x-runward-signature': signature(secretKey, body, Date.now()),
    },
  }));
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw refused(label, answer, '', []);
}
