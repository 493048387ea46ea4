import { createHash } from 'node:crypto';
import { type Base, type ImageDemand, textMatcher } from '@runward/policy/trust';
import { type Digest, type ImageConfig, isDigest, type Manifest } from '../content/index.js';
import { nameOf, type Reference } from '../reference/index.js';
import type { Problem } from './verdict.js';

/** What a demand asks of the image itself, whoever signed it. Each check says what is wrong, or nothing. */
export interface Subject {
  /** undefined for folders and archives, which have no name that anybody vouches for. */
  readonly reference: Reference | undefined;
  readonly digest: Digest;
  readonly manifest: Manifest;
  readonly config: ImageConfig | undefined;
}

type Check = (demand: ImageDemand, subject: Subject, now: Date) => Problem | undefined;

const registry: Check = ({ registries }, { reference }) => {
  if (registries.length === 0 || reference === undefined) return undefined;
  const name = nameOf(reference);
  if (registries.some((pattern) => textMatcher(pattern)(name))) return undefined;
  return {
    code: 'IMAGE_REGISTRY_REFUSED',
    message: `\`${name}\` is in none of the registries that are allowed`,
    help: `allowed: ${registries.join(', ')}`,
  };
};

const pinned: Check = (demand, { reference }) => {
  if (!demand.pinned || reference === undefined || reference.digest !== undefined) return undefined;
  return {
    code: 'IMAGE_NOT_PINNED',
    message: 'the reference names a tag, and tags can be moved',
    help: 'name the digest as well: `NAME@sha256:…`',
  };
};

const approved: Check = ({ digests }, { reference, digest, manifest }) => {
  if (digests.length === 0 || digests.includes(digest) || digests.includes(manifest.digest)) return undefined;
  const byTag = reference !== undefined && reference.digest === undefined;
  return byTag
    ? {
        code: 'IMAGE_TAG_MOVED',
        message: `tag \`${reference.tag}\` leads to \`${digest}\`, which is not what was approved`,
        help: 'somebody moved the tag; if the new image is meant, approve its digest',
      }
    : {
        code: 'IMAGE_NOT_APPROVED',
        message: `\`${digest}\` is not among the digests that are approved`,
        help: 'approve it in `digests`, or use an approved one',
      };
};

const age: Check = ({ maxAgeS }, { config }, now) => {
  if (maxAgeS === undefined) return undefined;
  const created = config?.created;
  const help = 'build it anew, or raise `maxAge`; builds that set no time cannot be judged by age';
  if (created === undefined) {
    return { code: 'IMAGE_TOO_OLD', message: 'the image does not say when it was created', help };
  }
  const ageS = Math.floor((now.getTime() - created.getTime()) / 1000);
  if (ageS <= maxAgeS) return undefined;
  const days = (seconds: number): string => `${Math.floor(seconds / 8640) / 10} days`;
  const message = `it was created ${created.toISOString()}, ${days(ageS)} ago; ${days(maxAgeS)} are allowed`;
  return { code: 'IMAGE_TOO_OLD', message, help };
};

const base: Check = ({ bases }, { manifest, config }) => {
  if (bases.length === 0) return undefined;
  const named = manifest.annotations.get('org.opencontainers.image.base.name') ?? '';
  const digest = manifest.annotations.get('org.opencontainers.image.base.digest') ?? '';
  const chains = chainIds(config?.diffIds ?? []);
  const suits = (wanted: Base): boolean =>
    wanted.kind === 'name'
      ? named !== '' && textMatcher(wanted.pattern)(named)
      : wanted.digest === digest || chains.includes(wanted.digest);
  if (bases.some(suits)) return undefined;
  const told =
    named === '' && digest === '' ? 'and does not say upon what' : `but upon \`${named || digest}\``;
  return {
    code: 'IMAGE_BASE_REFUSED',
    message: `the image is built upon none of the bases that are allowed, ${told}`,
    help: 'allow its base by name, digest or the chain id of its layers (`runward image inventory` shows them)',
  };
};

/** The identity of a stack of layers (OCI image specification, config.md): of the lowest, the lowest two, and so on. */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chains: Digest[] = [];
  for (const diffId of diffIds) {
    if (!isDigest(diffId)) break;
    const below = chains.at(-1);
    const text = below === undefined ? undefined : `${below} ${diffId}`;
    chains.push(text === undefined ? diffId : `sha256:${createHash('sha256').update(text).digest('hex')}`);
  }
  return chains;
}

const CHECKS: readonly Check[] = [registry, pinned, approved, base, age];

export const placeProblems = (demand: ImageDemand, subject: Subject, now: Date): readonly Problem[] =>
  CHECKS.flatMap((check) => check(demand, subject, now) ?? []);
