import { type Digest, isDigest } from '../content/index.js';
import { TrustError } from '../error.js';

/** Where an image is and which one, as Docker and Kubernetes read it: `registry.test:5000/team/app:1@sha256:…`. */
export interface Reference {
  /** Host, with its port if one is named. */
  readonly registry: string;
  readonly repository: string;
  /** '' where only a digest is named. */
  readonly tag: string;
  readonly digest: Digest | undefined;
}

/** Docker's own, by the name people write and the host that answers. */
const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_HOST = 'registry-1.docker.io';
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const REGISTRY = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** @throws TrustError `IMAGE_REFERENCE_INVALID` */
export function readReference(text: string): Reference {
  const wrong = (why: string): TrustError =>
    new TrustError('IMAGE_REFERENCE_INVALID', `\`${text.slice(0, 300)}\` is no image reference: ${why}`, {
      help: 'write it like `registry.example:5000/team/app:1.2` or `app@sha256:…`',
    });
  if (text.length > 1024) throw wrong('it has more than 1024 characters');
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) throw wrong(`\`${digest.slice(0, 160)}\` is no digest`);
  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon === -1 ? '' : named.slice(colon + 1);
  if (colon !== -1 && !TAG.test(tag)) throw wrong(`\`${tag}\` is no tag`);
  const { registry, repository } = placeOf(colon === -1 ? named : named.slice(0, colon));
  if (!REGISTRY.test(registry)) throw wrong(`\`${registry}\` is no host`);
  if (!REPOSITORY.test(repository)) throw wrong(`\`${repository}\` is no repository`);
  return { registry, repository, tag: tag === '' && digest === undefined ? 'latest' : tag, digest };
}

/** The first part is a host where it looks like one: a dot, a port, or `localhost`. */
function placeOf(name: string): { readonly registry: string; readonly repository: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = first === 'localhost' || /[.:[]/.test(first);
  const registry = !isHost || first === 'index.docker.io' ? DOCKER_HUB : first;
  const rest = isHost ? name.slice(slash + 1) : name;
  return { registry, repository: registry === DOCKER_HUB && !rest.includes('/') ? `library/${rest}` : rest };
}

/** What policies name: `docker.io/library/nginx`. */
export const nameOf = ({ registry, repository }: Reference): string => `${registry}/${repository}`;

export const referenceText = (reference: Reference): string =>
  `${nameOf(reference)}${reference.tag === '' ? '' : `:${reference.tag}`}${reference.digest === undefined ? '' : `@${reference.digest}`}`;

/** Who answers for a registry. */
export const hostOf = (registry: string): string => (registry === DOCKER_HUB ? DOCKER_HUB_HOST : registry);
