import { fieldsOf, parsedJson, textOf } from '../../content/index.js';
import { TrustError } from '../../error.js';
import { readChallenge } from './challenge.js';
import type { Credentials } from './credentials.js';
import type { Exchange } from './exchange.js';

const MAX_TOKEN_BYTES = 64 * 1024;

/** What a registry wants to see before it answers: nothing, credentials, or a token its authority gives out. */
export class Authority {
  private header: string | undefined;

  constructor(
    private readonly host: string,
    private readonly exchange: Exchange,
    private readonly credentials: () => Promise<Credentials | undefined>,
  ) {}

  headers(): Readonly<Record<string, string>> {
    return this.header === undefined ? {} : { authorization: this.header };
  }

  /**
   * Does what the registry asked for with 401; false where it was done already, or there is nothing to show.
   *
   * @throws TrustError
   */
  async satisfy(registry: URL, header: string): Promise<boolean> {
    if (this.header !== undefined) return false;
    const challenge = readChallenge(header);
    if (challenge?.scheme === 'basic') {
      const credentials = await this.credentials();
      if (credentials !== undefined) this.header = basic(credentials);
    } else if (challenge?.scheme === 'bearer') {
      this.header = `Bearer ${await this.token(registry, challenge.parameters)}`;
    }
    return this.header !== undefined;
  }

  private async token(registry: URL, parameters: ReadonlyMap<string, string>): Promise<string> {
    const realm = parameters.get('realm') ?? '';
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    // Credentials go there: never without TLS, unless the registry itself is spoken to so.
    if (url === undefined || (url.protocol !== 'https:' && url.protocol !== registry.protocol)) {
      throw this.exchange.malformed(
        `names \`${realm.slice(0, 200)}\` to give out tokens, which is not asked`,
      );
    }
    for (const name of ['service', 'scope']) {
      const value = parameters.get(name);
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const credentials = await this.credentials();
    const { status, bytes } = await this.exchange.ask(url, {
      headers: credentials === undefined ? {} : { authorization: basic(credentials) },
      maxBytes: MAX_TOKEN_BYTES,
    });
    const answer = fieldsOf(parsedJson(bytes));
    const token = textOf(answer.token) || textOf(answer.access_token);
    if (status === 200 && /^[\x21-\x7e]+$/.test(token)) return token;
    throw new TrustError(
      'REGISTRY_REFUSED',
      `registry ${this.host} gives no token (${url.host} answered ${status})`,
      {
        help: 'log in with `docker login`, or name credentials with `--auth-file`',
      },
    );
  }
}

const basic = ({ user, password }: Credentials): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
