import { join } from 'node:path';
import type { ContainerInfo } from '@runward/events';
import { splitImageReference } from '../image/image-reference.js';
import { readBoundedFile } from '../io/bounded-file.js';
import { at, list, parseJson, text } from '../io/json.js';
import { LIMITS } from '../limits.js';

type ImageFacts = Pick<ContainerInfo, 'image' | 'imageRepository' | 'imageTag' | 'imageDigest'>;

/** Annotations that may hold the image reference, most telling first. */
const IMAGE_ANNOTATIONS = [
  'io.kubernetes.cri.image-name',
  'io.kubernetes.cri-o.ImageName',
  'org.opencontainers.image.ref.name',
  'org.opencontainers.image.base.name',
];

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The image of a bundle, from its annotations and from what umoci leaves beside an unpacked image. */
export async function readBundleImage(
  annotations: ReadonlyMap<string, string>,
  bundle: string | undefined,
): Promise<ImageFacts> {
  const key = IMAGE_ANNOTATIONS.find((annotation) => annotations.has(annotation)) ?? '';
  const image = annotations.get(key) ?? '';
  const { repository, tag, digest } = splitImageReference(image);
  const unpacked = digest === '' && bundle !== undefined ? await unpackedDigest(bundle) : digest;
  return { image, imageRepository: repository, imageTag: tag, imageDigest: unpacked };
}

/** The digest of the manifest a bundle was unpacked from; '' when umoci did not make it or its note is unusable. */
async function unpackedDigest(bundle: string): Promise<string> {
  const path = join(bundle, 'umoci.json');
  try {
    const note = await readBoundedFile(path, LIMITS.answerBytes);
    const walk = list(at(parseJson(note ?? '{}', path), 'from_descriptor_path', 'descriptor_walk'));
    const digest = text(at(walk[0], 'digest'));
    return DIGEST.test(digest) ? digest : '';
  } catch {
    // The note is a courtesy of another tool: a broken one must not hide the container.
    return '';
  }
}
