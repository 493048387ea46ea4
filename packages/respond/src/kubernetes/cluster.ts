import { RespondError } from '../error.js';
import type { ServerSettings } from '../settings/values.js';
import { readCredential } from '../web/secret.js';
import { readKubeconfig } from './kubeconfig.js';

/** How the API server of a cluster is reached, as the settings have it. */
export interface KubernetesSettings extends Omit<ServerSettings, 'ca'> {
  /** undefined: by the service account the agent runs as. */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Where that service account is mounted. */
  readonly serviceAccount: string;
}

/** What one request needs. Read each time: tokens are renewed under the reader, and certificates too. */
export interface Cluster {
  readonly server: URL;
  readonly caText: string | undefined;
  readonly token: string | undefined;
  readonly identity: { readonly cert: string; readonly key: string } | undefined;
}

export const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** @throws RespondError RESPOND_NOT_SET_UP, RESPOND_SECRET */
export function clusterOf({ kubeconfig, context, serviceAccount }: KubernetesSettings): Cluster {
  return kubeconfig === undefined ? inCluster(serviceAccount) : readKubeconfig(kubeconfig, context);
}

function inCluster(folder: string): Cluster {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = process.env;
  const address = `https://${host.includes(':') ? `[${host}]` : host}:${port}/`;
  if (host === '' || !URL.canParse(address))
    throw new RespondError(
      'RESPOND_NOT_SET_UP',
      'the agent does not run in a pod: `KUBERNETES_SERVICE_HOST` is not set',
      {
        help: 'name a `kubeconfig` in the settings of responses',
      },
    );
  const read = (name: string): string => readCredential(`${folder}/${name}`).toString('utf8').trim();
  return { server: new URL(address), caText: read('ca.crt'), token: read('token'), identity: undefined };
}
