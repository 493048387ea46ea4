/** What a registry asks for (RFC 9110, section 11.6.1): the scheme, and what it says with it. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const MAX_CHARS = 4096;

/** The first challenge of a `WWW-Authenticate` header. */
export function readChallenge(header: string): Challenge | undefined {
  const found = /^\s*([A-Za-z]+)(?:\s+|$)/.exec(header.slice(0, MAX_CHARS));
  if (found === null) return undefined;
  const parameters = new Map<string, string>();
  const pairs = /([A-Za-z_]+)=(?:"([^"]*)"|([^",\s]+))/g;
  for (const [, name = '', quoted, plain] of header.slice(found[0].length, MAX_CHARS).matchAll(pairs)) {
    parameters.set(name.toLowerCase(), quoted ?? plain ?? '');
  }
  return { scheme: (found[1] ?? '').toLowerCase(), parameters };
}
