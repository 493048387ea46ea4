import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

interface Provider {
  callback(): RequestListener;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: unknown): Promise<void>;
}
interface Context {
  readonly oidc: {
    readonly provider: {
      readonly Grant: new (of: unknown) => { addOIDCScope(scope: string): void; save(): Promise<void> };
    };
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
  };
}
type ProviderClass = new (issuer: string, configuration: unknown) => Provider;

export const CLIENT = { clientId: 'runward', clientSecret: 'of a test' } as const;

/** `oidc-provider`, a certified one, over HTTPS on loopback. Whoever comes is `account`, without being asked. */
export class TestProvider {
  account = 'alice';
  claims: Readonly<Record<string, unknown>> = {};

  private constructor(
    readonly issuer: string,
    private readonly server: Server,
  ) {}

  static async start(
    tls: { readonly key: string; readonly cert: string },
    callback: string,
  ): Promise<TestProvider> {
    // It has no types of its own.
    const { default: Class } = (await import('oidc-provider' as string)) as {
      readonly default: ProviderClass;
    };
    let listener: RequestListener = (_request, response) => response.end();
    const server = createServer(tls, (request, response) => listener(request, response));
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const made = new TestProvider(`https://localhost:${(server.address() as AddressInfo).port}`, server);
    const provider = new Class(made.issuer, {
      clients: [
        {
          ...{ client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret, redirect_uris: [callback] },
          ...{ grant_types: ['authorization_code'], response_types: ['code'] },
        },
      ],
      claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: async () => ({ sub: id, preferred_username: id, ...made.claims }),
      }),
      interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      loadExistingGrant: async ({ oidc }: Context) => {
        const grant = new oidc.provider.Grant({
          clientId: oidc.client.clientId,
          accountId: oidc.session.accountId,
        });
        grant.addOIDCScope('openid profile');
        await grant.save();
        return grant;
      },
      features: { devInteractions: { enabled: false } },
      pkce: { required: () => true },
      cookies: { keys: ['of-a-test'] },
    });
    const answer = provider.callback();
    listener = (request, response) => {
      if (request.url?.startsWith('/interaction/') === true)
        void provider.interactionFinished(request, response, { login: { accountId: made.account } });
      else answer(request, response);
    };
    return made;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
