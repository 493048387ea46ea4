import { ControlError } from './error.js';

/** Who asks: the process at the other end, as the kernel knows it. */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
}

export interface ControlRequest {
  readonly peer: Peer;
  /** Values of the `:names` in the route's path, decoded. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly query: URLSearchParams;
  /** The body as JSON; undefined without one. Checked by the route. */
  readonly body: unknown;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** An answer without an end: each item a line of JSON, as it comes, until the asker goes away. */
export class Lines {
  constructor(readonly items: AsyncIterable<unknown>) {}
}

/** Something the agent can be asked. */
export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** `/v1/policies/:name`: a part with a colon takes any one part of the path. */
  readonly path: string;
  /** Default 64 KiB. */
  readonly maxBodyBytes?: number;
  /** How long the answer may take, milliseconds; default 10,000. */
  readonly timeoutMs?: number;
  /** What it returns is the answer, as JSON, or {@link Lines}; what it throws is told as a problem. */
  readonly answer: (request: ControlRequest) => unknown;
}

export interface Matched {
  readonly route: Route;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Which route a request is for. Modules of the agent mount theirs. */
export class Router {
  readonly #routes: { readonly route: Route; readonly parts: readonly string[] }[] = [];

  mount(routes: readonly Route[]): void {
    for (const route of routes) this.#routes.push({ route, parts: route.path.split('/') });
  }

  /** @throws ControlError CONTROL_NOT_FOUND, CONTROL_METHOD_NOT_ALLOWED or CONTROL_BODY_INVALID */
  match(method: string, path: string): Matched {
    const parts = path.split('/').map(decode);
    const fits = this.#routes.flatMap(({ route, parts: expected }) => {
      const parameters = fit(expected, parts);
      return parameters === undefined ? [] : [{ route, parameters }];
    });
    const found = fits.find(({ route }) => route.method === method);
    if (found !== undefined) return found;
    if (fits.length === 0)
      throw new ControlError('CONTROL_NOT_FOUND', `there is nothing at \`${path}\``, {
        help: 'agent and command may be of different versions: `GET /v1/status` tells the version of the agent',
      });
    const methods = fits.map(({ route }) => route.method).join(', ');
    throw new ControlError('CONTROL_METHOD_NOT_ALLOWED', `\`${path}\` does not know \`${method}\``, {
      help: `it knows ${methods}`,
    });
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new ControlError('CONTROL_BODY_INVALID', `\`${part}\` is no part of a path`, { cause });
  }
}

function fit(expected: readonly string[], parts: readonly string[]): ReadonlyMap<string, string> | undefined {
  if (expected.length !== parts.length) return undefined;
  const parameters = new Map<string, string>();
  for (const [i, want] of expected.entries()) {
    const have = parts[i] ?? '';
    if (want.startsWith(':')) parameters.set(want.slice(1), have);
    else if (want !== have) return undefined;
  }
  return parameters;
}
