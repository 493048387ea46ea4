import {
  type Content,
  checked,
  type Descriptor,
  type Digest,
  fieldsOf,
  isDigest,
  LIMITS,
  listOf,
  MANIFEST_TYPES,
  mustBe,
  parsedJson,
  readDescriptor,
  sha256Of,
} from '../../content/index.js';
import { TrustError } from '../../error.js';
import { hostOf, type Reference, referenceText } from '../../reference/index.js';
import { type ImageSource, tagOf } from '../source.js';
import { Authority } from './authority.js';
import { type Credentials, readCredentials } from './credentials.js';
import { type Answer, type Ask, Exchange, type OpenAnswer } from './exchange.js';

export interface RegistryOptions {
  /** For everything that is asked of this source together. */
  readonly timeoutMs: number;
  /** Registries that are spoken to without TLS, besides those of this machine. */
  readonly plainHttp?: readonly string[];
  /** Credentials as `docker login` writes them. */
  readonly authFile?: string;
}

/** Nobody lists more for one image in good faith. */
const MAX_PAGES = 10;
const LOOPBACK = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?$/;

/** An image in a registry (OCI distribution specification 1.1). */
export class RegistrySource implements ImageSource {
  readonly name: string;
  private readonly exchange: Exchange;
  private readonly authority: Authority;
  private readonly base: URL;

  constructor(
    private readonly reference: Reference,
    { timeoutMs, plainHttp = [], authFile }: RegistryOptions,
  ) {
    this.name = referenceText(reference);
    const host = hostOf(reference.registry);
    const plain = LOOPBACK.test(host) || plainHttp.includes(reference.registry);
    this.base = new URL(`${plain ? 'http' : 'https'}://${host}/v2/${reference.repository}/`);
    this.exchange = new Exchange(host, AbortSignal.timeout(timeoutMs));
    let found: Promise<Credentials | undefined> | undefined;
    const credentials = () => (found ??= readCredentials(reference.registry, authFile));
    this.authority = new Authority(host, this.exchange, credentials);
  }

  async root(): Promise<Content> {
    const { tag, digest } = this.reference;
    if (digest !== undefined) return this.manifest(digest);
    const content = await this.tagged(tag);
    if (content !== undefined) return content;
    throw this.missing(`\`${this.name}\``);
  }

  async manifest(digest: Digest): Promise<Content> {
    const answer = await this.ask(`manifests/${digest}`, MANIFESTS);
    if (answer.status === 404) throw this.missing(`manifest \`${digest}\``);
    const { bytes } = this.succeeded(answer);
    mustBe(digest, bytes, `the manifest ${this.exchangeHost} gives out for \`${digest}\``);
    return { digest, bytes };
  }

  async tagged(tag: string): Promise<Content | undefined> {
    const answer = await this.ask(`manifests/${tag}`, MANIFESTS);
    if (answer.status === 404) return undefined;
    const { bytes, headers } = this.succeeded(answer);
    // The registry's word for what it sends is only a check against accidents: the digest is worked out here.
    const told = headers.get('docker-content-digest') ?? '';
    if (isDigest(told)) mustBe(told, bytes, `the manifest ${this.exchangeHost} gives out for \`${tag}\``);
    return { digest: isDigest(told) ? told : sha256Of(bytes), bytes };
  }

  async blob(descriptor: Descriptor, maxBytes: number): Promise<Buffer> {
    const { digest, size } = descriptor;
    if (size > maxBytes) {
      throw new TrustError('IMAGE_TOO_LARGE', `\`${digest}\` has ${size} bytes; the limit is ${maxBytes}`);
    }
    const answer = await this.ask(`blobs/${digest}`, { maxBytes: size });
    if (answer.status === 404) throw this.missing(`\`${digest}\``);
    const { bytes } = this.succeeded(answer);
    mustBe(digest, bytes, `what ${this.exchangeHost} gives out for \`${digest}\``);
    return bytes;
  }

  async *stream({ digest, size }: Descriptor): AsyncGenerator<Uint8Array> {
    const answer = await this.permitted(`blobs/${digest}`, {});
    if (answer.status === 404) throw this.missing(`\`${digest}\``);
    this.succeeded(answer);
    yield* checked(digest, size, answer.body, `what ${this.exchangeHost} gives out for \`${digest}\``);
  }

  async referrers(digest: Digest): Promise<readonly Descriptor[]> {
    const found: Descriptor[] = [];
    let page = `referrers/${digest}`;
    for (let pages = 0; pages < MAX_PAGES && page !== ''; pages += 1) {
      const answer = await this.ask(page, { maxBytes: LIMITS.manifestBytes });
      if (pages === 0 && !isIndexAnswer(answer)) return this.taggedReferrers(digest, answer);
      found.push(...descriptorsIn(this.succeeded(answer).bytes));
      page = this.nextPage(answer.headers.get('link') ?? '');
    }
    if (page === '') return found;
    throw this.exchange.malformed(`lists more than ${MAX_PAGES} pages about \`${digest}\``);
  }

  /** Registries without that list say so with 404; some answer anything they do not know with 400 or 405. */
  private async taggedReferrers(digest: Digest, { status }: Answer): Promise<readonly Descriptor[]> {
    if (status >= 500 || status === 401 || status === 403) this.succeeded({ status });
    const content = await this.tagged(tagOf(digest));
    return content === undefined ? [] : descriptorsIn(content.bytes);
  }

  private nextPage(link: string): string {
    const target = /^\s*<([^>]+)>\s*;\s*rel="?next"?/.exec(link)?.[1];
    if (target === undefined || !URL.canParse(target, this.base.href)) return '';
    const url = new URL(target, this.base);
    if (!url.href.startsWith(this.base.href))
      throw this.exchange.malformed(`goes on at \`${target.slice(0, 200)}\``);
    return url.href.slice(this.base.href.length);
  }

  private async ask(path: string, { maxBytes, ...init }: Ask): Promise<Answer> {
    return this.exchange.whole(await this.permitted(path, init), maxBytes, path);
  }

  private async permitted(path: string, init: Omit<Ask, 'maxBytes'>): Promise<OpenAnswer> {
    const url = new URL(path, this.base);
    const ask = () =>
      this.exchange.open(url, { ...init, headers: { ...init.headers, ...this.authority.headers() } });
    const answer = await ask();
    if (answer.status !== 401) return answer;
    const wanted = answer.headers.get('www-authenticate') ?? '';
    return (await this.authority.satisfy(this.base, wanted)) ? ask() : answer;
  }

  private succeeded<A extends { readonly status: number }>(answer: A): A {
    const { status } = answer;
    if (status === 200) return answer;
    if (status === 401 || status === 403) {
      throw new TrustError(
        'REGISTRY_REFUSED',
        `registry ${this.exchangeHost} refuses \`${this.name}\` (${status})`,
        {
          help: 'log in with `docker login`, or name credentials with `--auth-file`',
        },
      );
    }
    if (status >= 500 || status === 429) {
      throw new TrustError('REGISTRY_UNREACHABLE', `registry ${this.exchangeHost} answered ${status}`, {
        help: 'try again later',
      });
    }
    throw this.exchange.malformed(`answered ${status} about \`${this.name}\``);
  }

  private missing(what: string): TrustError {
    return new TrustError('IMAGE_NOT_FOUND', `registry ${this.exchangeHost} does not have ${what}`, {
      help: 'look at the name and the tag; registries say the same of what one may not see',
    });
  }

  private get exchangeHost(): string {
    return this.base.host;
  }
}

const MANIFESTS = { headers: { accept: MANIFEST_TYPES.join(', ') }, maxBytes: LIMITS.manifestBytes };

const isIndexAnswer = ({ status, bytes }: Answer): boolean =>
  status === 200 && Array.isArray(fieldsOf(parsedJson(bytes)).manifests);

const descriptorsIn = (bytes: Buffer): readonly Descriptor[] =>
  listOf(fieldsOf(parsedJson(bytes)).manifests).map((entry, i) => readDescriptor(entry, `referrer ${i}`));
