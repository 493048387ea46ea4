/** The parts of an image reference. What the reference does not say is the empty string. */
export interface ImageReference {
  /** Everything before tag and digest: `registry.test:5000/team/app`. */
  readonly repository: string;
  readonly tag: string;
  /** `sha256:…` */
  readonly digest: string;
}

const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const BARE_ID = /^(?:sha256:)?[0-9a-f]{64}$/;
/** The grammar of references allows 255 characters of name; the rest is tag and digest. */
const MAX_CHARS = 1024;

/**
 * Splits a reference as the distribution grammar does: the tag follows the last colon after the last slash, so
 * a registry's port is never taken for one; the digest follows `@`. A bare image id names no repository.
 */
export function splitImageReference(ref: string): ImageReference {
  if (ref.length > MAX_CHARS || BARE_ID.test(ref)) return { repository: '', tag: '', digest: '' };
  const at = ref.lastIndexOf('@');
  const digest = at === -1 || !DIGEST.test(ref.slice(at + 1)) ? '' : ref.slice(at + 1);
  const named = digest === '' ? ref : ref.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon === -1 ? '' : named.slice(colon + 1);
  if (tag === '' || !TAG.test(tag)) return { repository: colon === -1 ? named : '', tag: '', digest };
  return { repository: named.slice(0, colon), tag, digest };
}

/** As Docker reads it: a reference with neither tag nor digest means `latest`. */
export function splitDockerReference(ref: string): ImageReference {
  const parts = splitImageReference(ref);
  const implied = parts.repository !== '' && parts.tag === '' && parts.digest === '';
  return implied ? { ...parts, tag: 'latest' } : parts;
}
