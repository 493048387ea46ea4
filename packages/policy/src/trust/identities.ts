/**
 * Identities that anybody can have are no identities. A pattern has to name who signs: of an address its domain, of a
 * URL its host and the first part of its path, since the hosts that give out such certificates serve everybody.
 */

export interface IdentityProblem {
  readonly message: string;
  readonly help: string;
}

const WILD = /[*?]/;
const problem = (message: string, help: string): IdentityProblem => ({ message, help });

/** Why a pattern over the subject of certificates is refused; undefined when it names somebody. */
export function identityProblem(pattern: string): IdentityProblem | undefined {
  const fixed = pattern.replace(/[*?]/g, '');
  if (!/[\p{L}\p{N}]{2}/u.test(fixed.replace(/^[a-z][a-z0-9+.-]*:\/\//, ''))) {
    return problem(
      'matches everybody',
      'name who signs, such as `https://github.com/acme/*` or `*@acme.example`',
    );
  }
  const url = /^([^:]*):\/\/([^/]*)(?:\/([^/]*))?/.exec(pattern);
  if (url !== null) return urlProblem(url[1] ?? '', url[2] ?? '', url[3] ?? '');
  const at = pattern.lastIndexOf('@');
  if (at !== -1 && WILD.test(pattern.slice(at + 1))) {
    return problem('leaves the domain of the address open', 'write the domain in full: `*@acme.example`');
  }
  if (at === -1 && WILD.test(pattern)) {
    return problem('could match any kind of identity', 'write a URL or an address, or no wildcard');
  }
  return undefined;
}

function urlProblem(scheme: string, host: string, owner: string): IdentityProblem | undefined {
  if (WILD.test(scheme) || WILD.test(host) || host === '') {
    return problem('leaves the host open', 'write scheme and host in full');
  }
  if (owner === '' || WILD.test(owner)) {
    return problem(
      `matches everybody at \`${host}\``,
      `write the first part of the path in full: \`${scheme}://${host}/acme/*\``,
    );
  }
  return undefined;
}

/** An issuer is one authority: no pattern. */
export function issuerProblem(issuer: string): IdentityProblem | undefined {
  if (issuer === '') return problem('is empty', 'name the issuer the certificate has');
  if (!WILD.test(issuer)) return undefined;
  return problem(
    'has wildcards; an issuer is written in full',
    'such as `https://token.actions.githubusercontent.com`',
  );
}

/** A subject without an attribute is any certificate of the authority. */
export function subjectProblem(subject: Readonly<Record<string, string>>): IdentityProblem | undefined {
  const entries = Object.entries(subject);
  const help = "name attributes of the signer's certificate, such as `CN: release` and `O: Acme`";
  if (entries.length === 0) return problem('matches every certificate of the roots', help);
  const open = entries.find(([, value]) => value === '' || WILD.test(value));
  return open && problem(`has \`${open[0]}: ${open[1]}\`, which says nothing`, help);
}
