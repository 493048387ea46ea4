import { mapped, object, type Shape } from '@runward/policy/shape';
import { type KubernetesSettings, SERVICE_ACCOUNT } from '../kubernetes/cluster.js';
import { path, plainText, SERVER_FIELDS, serverOf } from './values.js';

export const kubernetesShape: Shape<KubernetesSettings> = mapped(
  object({
    kubeconfig: {
      shape: path,
      doc: 'A file with a token or a client certificate. Default: the service account of the agent’s own pod.',
    },
    context: {
      shape: plainText('the name of a context'),
      doc: 'Of that file. Default: its `current-context`.',
    },
    serviceAccount: { shape: path, doc: `Where the service account is mounted. Default ${SERVICE_ACCOUNT}.` },
    ...{ timeout: SERVER_FIELDS.timeout, attempts: SERVER_FIELDS.attempts },
  }),
  ({ value, span }, at): KubernetesSettings | undefined => {
    const { kubeconfig, context, serviceAccount = SERVICE_ACCOUNT } = value;
    if (kubeconfig === undefined && context !== undefined)
      return at.report('POLICY_VALUE', '`context` is given without `kubeconfig`', 'name the file too', span);
    const { timeoutMs, attempts } = serverOf(value);
    return { kubeconfig, context, serviceAccount, timeoutMs, attempts };
  },
);
