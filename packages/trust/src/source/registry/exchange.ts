import { TrustError } from '../../error.js';

export interface Ask {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** The other end of an exchange that goes on: its body in parts. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array>;
}

const MAX_REDIRECTS = 5;
const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/** Requests to one registry and where it sends us, all within one deadline: a registry that is down never holds anybody. */
export class Exchange {
  constructor(
    private readonly host: string,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws TrustError */
  async ask(url: URL, { maxBytes, ...init }: Ask): Promise<Answer> {
    return this.whole(await this.open(url, init), maxBytes, url.pathname);
  }

  /** @throws TrustError `IMAGE_TOO_LARGE`, or what broke the answer off */
  async whole({ status, headers, body }: OpenAnswer, maxBytes: number, what: string): Promise<Answer> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxBytes) {
        throw new TrustError('IMAGE_TOO_LARGE', `${what} at ${this.host} is larger than ${maxBytes} bytes`);
      }
      chunks.push(chunk);
    }
    return { status, headers, bytes: Buffer.concat(chunks) };
  }

  /**
   * Follows redirects: never from TLS to none, and credentials go to the first host alone.
   *
   * @throws TrustError
   */
  async open(url: URL, init: Omit<Ask, 'maxBytes'>): Promise<OpenAnswer> {
    let target = url;
    let headers = { ...init.headers };
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const response = await this.attempt(target, { method: init.method ?? 'GET', headers });
      const location = response.headers.get('location');
      if (!isRedirect(response.status) || location === null) {
        return { status: response.status, headers: response.headers, body: this.parts(response) };
      }
      await response.body?.cancel();
      const next = URL.canParse(location, target.href) ? new URL(location, target) : undefined;
      if (next === undefined || (next.protocol !== 'https:' && next.protocol !== target.protocol)) {
        throw this.malformed(`leads to \`${location.slice(0, 200)}\`, which is not followed`);
      }
      if (next.origin !== target.origin) {
        const { authorization: _, ...others } = headers as Record<string, string>; // ours, lower case
        headers = others;
      }
      target = next;
    }
    throw this.malformed(`leads on more than ${MAX_REDIRECTS} times`);
  }

  malformed(what: string): TrustError {
    return new TrustError('REGISTRY_ANSWER_MALFORMED', `registry ${this.host} ${what}`);
  }

  private async attempt(
    url: URL,
    init: { method: string; headers: Record<string, string> },
  ): Promise<Response> {
    try {
      return await fetch(url, { ...init, redirect: 'manual', signal: this.signal });
    } catch (cause) {
      throw this.failed(cause);
    }
  }

  private async *parts(response: Response): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of response.body ?? []) yield chunk;
    } catch (cause) {
      throw this.failed(cause);
    }
  }

  private failed(cause: unknown): TrustError {
    if (this.signal.aborted) {
      return new TrustError('REGISTRY_TIMEOUT', `registry ${this.host} did not answer in time`, { cause });
    }
    // `fetch` says only that it failed; the reason is what caused it.
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const code =
      inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
    const why = (inner instanceof Error ? inner.message : String(inner)) || code;
    return new TrustError('REGISTRY_UNREACHABLE', `registry ${this.host} cannot be reached: ${why}`, {
      help: 'look at its name, the network and its certificate (`NODE_EXTRA_CA_CERTS` names further authorities)',
      cause,
    });
  }
}
