import { API_VERSION, choice, list, mapped, nameShape, object, type Shape } from '@runward/policy/shape';
import type { KubernetesSettings } from '../kubernetes/cluster.js';
import { type Revoker, revokerShape } from '../revoke/table.js';
import type { ScriptSettings } from '../script/signed-script.js';
import type { WebhookSettings } from '../web/signed-webhook.js';
import { kubernetesShape } from './kubernetes-shape.js';
import { scriptsShape, webhookShape } from './others-shape.js';

/** Whom the agent may ask when it responds. Secrets are named by where they are. */
export interface ResponseSettings {
  readonly revokers: readonly Revoker[];
  /** undefined: no API server is asked. */
  readonly kubernetes: KubernetesSettings | undefined;
  readonly webhooks: readonly WebhookSettings[];
  /** undefined: no script is run. */
  readonly scripts: ScriptSettings | undefined;
}

export const NO_SETTINGS: ResponseSettings = {
  revokers: [],
  kubernetes: undefined,
  webhooks: [],
  scripts: undefined,
};
export const SETTINGS_KIND = 'ResponseSettings';

const MOST = 64;

const named = <T>(shape: Shape<T>, nameOf: (value: T) => string): Shape<readonly T[]> =>
  mapped(list(shape, MOST), (all, at, node) => {
    const names = all.map(nameOf);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    return twice === undefined
      ? all
      : at.report('POLICY_NAME_TAKEN', `two are called \`${twice}\``, 'give one another name', node.span);
  });

export const settingsShape: Shape<ResponseSettings> = mapped(
  object(
    {
      apiVersion: { shape: choice([API_VERSION]), doc: 'The version of this format.' },
      kind: { shape: choice([SETTINGS_KIND]), doc: 'What the document is.' },
      metadata: {
        shape: object({ name: { shape: nameShape, doc: 'For people.' } }, { required: ['name'] }),
        doc: 'The name.',
      },
      spec: {
        shape: object({
          kubernetes: {
            shape: kubernetesShape,
            doc: 'The API server: actions on pods, nodes and workloads, and the revoker `kubernetes`.',
          },
          webhooks: {
            shape: named(webhookShape, ({ name }) => name),
            doc: 'Who may be told about a container: the action `webhook`.',
          },
          scripts: { shape: scriptsShape, doc: 'Signed scripts: the action `exec`.' },
          revokers: {
            shape: named(revokerShape, ({ settings }) => settings.name),
            doc: 'Who makes credentials of a container void: the action `revoke`.',
          },
        }),
        doc: 'Whom responses may ask.',
      },
    },
    { required: ['apiVersion', 'kind', 'metadata', 'spec'] },
  ),
  ({ value }) => {
    const { revokers = [], kubernetes, webhooks = [], scripts } = value.spec.value;
    return { revokers, kubernetes, webhooks, scripts };
  },
);
