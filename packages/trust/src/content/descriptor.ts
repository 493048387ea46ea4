import { TrustError } from '../error.js';
import { type Digest, isDigest } from './digest.js';
import { fieldsOf, textMapOf, textOf } from './json.js';

/** Names content by its digest (OCI image specification, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations: ReadonlyMap<string, string>;
  readonly artifactType: string;
  readonly platform: Platform | undefined;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

/** @throws TrustError `IMAGE_MALFORMED` */
export function readDescriptor(value: unknown, what: string): Descriptor {
  const fields = fieldsOf(value);
  const digest = textOf(fields.digest);
  const { size } = fields;
  if (!isDigest(digest)) {
    throw new TrustError(
      'IMAGE_MALFORMED',
      `${what} has no digest that can be used: \`${digest.slice(0, 160)}\``,
    );
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new TrustError('IMAGE_MALFORMED', `${what} (\`${digest}\`) has no size`);
  }
  return {
    mediaType: textOf(fields.mediaType),
    digest,
    size,
    annotations: textMapOf(fields.annotations),
    artifactType: textOf(fields.artifactType),
    platform: fields.platform === undefined ? undefined : readPlatform(fields.platform),
  };
}

function readPlatform(value: unknown): Platform {
  const { os, architecture, variant } = fieldsOf(value);
  return { os: textOf(os), architecture: textOf(architecture), variant: textOf(variant) };
}

/** `linux/arm64/v8` */
export const platformText = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant === '' ? [] : [variant])].join('/');

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', arm64: 'arm64' };

/** What this machine runs. */
export const hostPlatform = (): Platform => ({
  os: 'linux',
  architecture: ARCHITECTURES[process.arch] ?? process.arch,
  variant: '',
});

/** A platform that names no variant is served by any. */
export const suits = (offered: Platform, wanted: Platform): boolean =>
  offered.os === wanted.os &&
  offered.architecture === wanted.architecture &&
  (wanted.variant === '' || offered.variant === wanted.variant);
