import { RespondError } from '../error.js';
import type { Action } from './action.js';
import { needed, word } from './term.js';

export interface WebhookOrder {
  readonly action: 'webhook';
  readonly to: string;
}

export const webhook: Action<WebhookOrder> = {
  name: 'webhook',
  summary: 'tell another system about a container, signed',
  about: `Sends one signed request about the container to a webhook of the settings of responses: who asks, why, and which container. What is
done then is up to its receiver. There is no undo.`,
  example: ['runward respond webhook web --to tickets --why "look at this"', 'a webhook of the settings'],
  terms: {
    to: needed(
      word({
        ...{ word: 'to', doc: 'The webhook, by its name in the settings.', what: 'the name of a webhook' },
        ...{ longest: 63, otherwise: undefined, pattern: /^[a-z0-9-]+$/ },
      }),
    ),
  },
  patienceMs: () => 90_000,
  perform: async ({ to }, { id, name, runtime, pod }, hands, doing) => {
    const { webhooks } = hands.settings;
    const found = webhooks.find((each) => each.name === to);
    if (found === undefined)
      throw new RespondError('RESPOND_NOT_SET_UP', `there is no webhook \`${to}\``, {
        help:
          webhooks.length === 0
            ? 'write `webhooks:` in the settings of responses, and start the agent with `--response-settings FILE`'
            : `there are ${webhooks.map((each) => each.name).join(', ')}`,
      });
    const { sendSigned } = await import('../web/signed-webhook.js');
    const { by, why } = doing;
    const body = {
      type: 'runward.response',
      response: doing.id,
      by,
      why,
      container: { id, name, runtime, pod },
    };
    await sendSigned(found, `the webhook \`${to}\``, body, doing.id);
    return { result: 'done', facts: { to } };
  },
};
