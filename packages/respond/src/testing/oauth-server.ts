import type { RequestListener } from 'node:http';

interface Provider {
  callback(): RequestListener;
}
type ProviderClass = new (issuer: string, configuration: unknown) => Provider;

export const CLIENT = { id: 'shop', secret: 'p:ss w%rd+&' } as const;

/** `oidc-provider`, a certified authorization server: tokens by client credentials, revocation, introspection. */
export async function oauthListener(issuer: string, auth: 'basic' | 'post'): Promise<RequestListener> {
  // It has no types of its own.
  const { default: Provider } = (await import('oidc-provider' as string)) as {
    readonly default: ProviderClass;
  };
  const provider = new Provider(issuer, {
    clients: [
      {
        ...{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [], response_types: [] },
        ...{ grant_types: ['client_credentials'], token_endpoint_auth_method: `client_secret_${auth}` },
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
    },
    ttl: { ClientCredentials: 600 },
    cookies: { keys: ['of-a-test'] },
  });
  return provider.callback();
}
