import { TrustError } from '../error.js';
import { type Descriptor, readDescriptor } from './descriptor.js';
import type { Digest } from './digest.js';
import { type Fields, fieldsOf, listOf, parsedJson, textMapOf, textOf } from './json.js';
import { LIMITS } from './limits.js';

/** Bytes whose digest was checked. */
export interface Content {
  readonly digest: Digest;
  readonly bytes: Buffer;
}

/** An image, or an artifact that hangs on one. */
export interface Manifest {
  readonly kind: 'manifest';
  readonly digest: Digest;
  readonly mediaType: string;
  readonly artifactType: string;
  readonly config: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
  readonly subject: Descriptor | undefined;
  readonly annotations: ReadonlyMap<string, string>;
}

/** Several images, one for each platform. */
export interface Index {
  readonly kind: 'index';
  readonly digest: Digest;
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations: ReadonlyMap<string, string>;
}

/** What manifests are asked for as. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

/**
 * What a manifest says. Its own fields decide what it is; one that is an image and an index at once is neither, since
 * readers would differ about it.
 *
 * @throws TrustError `IMAGE_MALFORMED`
 */
export function readManifest({ digest, bytes }: Content): Manifest | Index {
  const value = parsedJson(bytes);
  const fields = fieldsOf(value);
  const wrong = (why: string): TrustError =>
    new TrustError('IMAGE_MALFORMED', `manifest \`${digest}\` ${why}`);
  if (value === undefined) throw wrong('is no JSON');
  const isIndex = Array.isArray(fields.manifests);
  if (isIndex && (fields.layers !== undefined || fields.config !== undefined)) {
    throw wrong('says it is an index and an image at once');
  }
  if (!isIndex && !Array.isArray(fields.layers)) throw wrong('is neither an image nor an index');
  const entries = listOf(isIndex ? fields.manifests : fields.layers);
  if (entries.length > LIMITS.entries)
    throw wrong(`has ${entries.length} entries; the limit is ${LIMITS.entries}`);
  const mediaType = textOf(fields.mediaType);
  const annotations = textMapOf(fields.annotations);
  if (isIndex) {
    const manifests = entries.map((entry, i) => readDescriptor(entry, `entry ${i} of \`${digest}\``));
    return { kind: 'index', digest, mediaType, manifests, annotations };
  }
  return {
    kind: 'manifest',
    digest,
    mediaType,
    artifactType: textOf(fields.artifactType) || textOf(fieldsOf(fields.config).mediaType),
    config:
      fields.config === undefined ? undefined : readDescriptor(fields.config, `the config of \`${digest}\``),
    layers: entries.map((entry, i) => readDescriptor(entry, `layer ${i} of \`${digest}\``)),
    subject:
      fields.subject === undefined
        ? undefined
        : readDescriptor(fields.subject, `the subject of \`${digest}\``),
    annotations,
  };
}

/** What of an image's configuration is looked at. */
export interface ImageConfig {
  readonly created: Date | undefined;
  /** Digests of the layers unpacked, the lowest first. */
  readonly diffIds: readonly Digest[];
}

/** @throws TrustError `IMAGE_MALFORMED` */
export function readConfig({ digest, bytes }: Content): ImageConfig {
  const value = parsedJson(bytes);
  if (value === undefined) throw new TrustError('IMAGE_MALFORMED', `configuration \`${digest}\` is no JSON`);
  const { created, rootfs }: Fields = fieldsOf(value);
  const time = new Date(textOf(created));
  return {
    created: Number.isNaN(time.getTime()) ? undefined : time,
    diffIds: listOf(fieldsOf(rootfs).diff_ids).map(textOf),
  };
}
