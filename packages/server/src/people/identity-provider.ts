import * as client from 'openid-client';
import { ServerError } from '../error.js';
import type { Database } from '../state/index.js';
import { httpsFetch } from './https-fetch.js';
import type { Identity } from './people.js';
import type { Grant } from './roles.js';
import { digestOf, newSecret } from './secret.js';

export interface ProviderSettings {
  /** As people know it. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where this server is for browsers, such as `https://runward.example.com`. */
  readonly address: string;
  /** PEM of the authorities it is trusted by; those of the system when left out. */
  readonly ca?: string;
  readonly scopes: readonly string[];
  /** The claim that lists groups. */
  readonly groupsClaim: string;
  /** What members of a group may. Whoever is in none of them is not let in. */
  readonly groups: Readonly<Record<string, readonly Grant[]>>;
}

/** So long a person has to sign in at the provider. */
export const SIGN_IN_MS = 600_000;
const CALLBACK = '/api/v1/session/provider/callback';

/** Signing in through OpenID Connect: authorization code with PKCE, state and nonce, bound to the browser that began. */
export class IdentityProvider {
  readonly settings: ProviderSettings;
  readonly #database: Database;
  #known: Promise<client.Configuration> | undefined;

  constructor(settings: ProviderSettings, database: Database) {
    this.settings = settings;
    this.#database = database;
  }

  /** Where to send the browser, and the secret that has to come back with it. @throws ServerError SERVER_PROVIDER */
  async begin(): Promise<{ readonly url: string; readonly browser: string }> {
    const configuration = await this.#configuration();
    const [state, nonce, browser] = [client.randomState(), client.randomNonce(), newSecret()];
    const verifier = client.randomPKCECodeVerifier();
    const now = Date.now();
    await this.#database.query('DELETE FROM sign_ins WHERE created_at < $1', now - SIGN_IN_MS);
    await this.#database.query(
      'INSERT INTO sign_ins (state, browser, verifier, nonce, created_at) VALUES ($1, $2, $3, $4, $5)',
      ...[digestOf(state), digestOf(browser), verifier, nonce, now],
    );
    const url = client.buildAuthorizationUrl(configuration, {
      ...{
        redirect_uri: this.settings.address + CALLBACK,
        scope: ['openid', ...this.settings.scopes].join(' '),
      },
      ...{ state, nonce, code_challenge_method: 'S256' },
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
    });
    return { url: url.href, browser };
  }

  /**
   * Who came back. Each beginning is good for one end.
   *
   * @throws ServerError SERVER_NOT_SIGNED_IN, SERVER_NOT_ALLOWED, SERVER_PROVIDER
   */
  async end(query: string, browser: string | undefined): Promise<Identity> {
    const state = new URLSearchParams(query).get('state') ?? '';
    const [begun] = await this.#database.query(
      'DELETE FROM sign_ins WHERE state = $1 AND browser = $2 AND created_at >= $3 RETURNING verifier, nonce',
      ...[digestOf(state), digestOf(browser ?? ''), Date.now() - SIGN_IN_MS],
    );
    if (begun === undefined)
      throw new ServerError(
        'SERVER_NOT_SIGNED_IN',
        'this browser did not begin to sign in, or too long ago',
        {
          help: 'begin again from the page of this server',
        },
      );
    const configuration = await this.#configuration();
    const at = new URL(`${this.settings.address}${CALLBACK}?${query}`);
    try {
      const tokens = await client.authorizationCodeGrant(configuration, at, {
        ...{
          pkceCodeVerifier: String(begun.verifier),
          expectedState: state,
          expectedNonce: String(begun.nonce),
        },
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('it gave no identity');
      const more = await client
        .fetchUserInfo(configuration, tokens.access_token, claims.sub)
        .catch(() => ({}));
      return this.#identityOf({ ...more, ...claims });
    } catch (cause) {
      if (cause instanceof ServerError) throw cause;
      throw this.#failed(cause);
    }
  }

  #identityOf(claims: Readonly<Record<string, unknown>>): Identity {
    const {
      name: display,
      preferred_username: preferred,
      email,
      sub,
      [this.settings.groupsClaim]: listed,
    } = claims;
    const groups = Array.isArray(listed) ? listed.map(String) : [];
    const grants = Object.entries(this.settings.groups).flatMap(([group, given]) =>
      groups.includes(group) ? given : [],
    );
    const name = textOf(preferred) ?? textOf(email) ?? String(sub);
    if (grants.length === 0)
      throw new ServerError('SERVER_NOT_ALLOWED', `\`${name}\` is in no group that may use this server`, {
        help: `the groups that may are set up with the server (claim \`${this.settings.groupsClaim}\`)`,
      });
    return {
      ...{
        issuer: this.settings.issuer,
        subject: String(sub),
        name: name.toLowerCase().slice(0, 100),
        grants,
      },
      displayName: (textOf(display) ?? name).slice(0, 200),
    };
  }

  /** Asked for when it is needed, and again when that failed. */
  #configuration(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret, ca } = this.settings;
    this.#known ??= client
      .discovery(new URL(issuer), clientId, clientSecret, undefined, {
        // Its types say more than is asked of it.
        [client.customFetch]: httpsFetch(ca) as client.CustomFetch,
      })
      .catch((cause: unknown) => {
        this.#known = undefined;
        throw this.#failed(cause);
      });
    return this.#known;
  }

  #failed(cause: unknown): ServerError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new ServerError(
      'SERVER_PROVIDER',
      `the identity provider \`${this.settings.name}\` did not do its part: ${why}`,
      {
        help: 'sign in again; accounts with a password work without it',
        cause,
      },
    );
  }
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
