import { join } from 'node:path';
import type { ContainerInfo } from '@runward/events';
import { splitImageReference } from '../image/image-reference.js';
import { readBoundedFile } from '../io/bounded-file.js';
import { at, list, parseJson, text, textMap } from '../io/json.js';

type ImageFacts = Pick<ContainerInfo, 'image' | 'imageRepository' | 'imageTag' | 'imageDigest'>;

/** Annotations that may hold the image reference, most telling first. */
const REFERENCE_ANNOTATIONS = [
  'io.kubernetes.cri.image-name',
  'io.kubernetes.cri-o.ImageName',
  'io.containerd.image.name',
  'org.opencontainers.image.ref.name',
];
/** The image this one was built on: better than nothing, and said last. */
const BASE_ANNOTATION = 'org.opencontainers.image.base.name';
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** What umoci notes beside an image it unpacked: where the manifest was found, and its digest. */
interface Unpacked {
  readonly digest: string;
  readonly annotations: ReadonlyMap<string, string>;
}

/**
 * The image of a bundle: from the note of umoci, written by whoever unpacked it, before the annotations, which
 * an image's author can set through its labels. Both are claims, not proof.
 */
export async function readBundleImage(
  annotations: ReadonlyMap<string, string>,
  bundle: string | undefined,
): Promise<ImageFacts> {
  const unpacked = bundle === undefined ? undefined : await readUnpacked(bundle);
  const noted = reference(unpacked?.annotations ?? new Map());
  const claimed = reference(annotations);
  // A bare word in an image layout is the tag there, as its format has it, and names no repository.
  const isTag = noted !== '' && !/[/:]/.test(noted);
  if (isTag && claimed === '') {
    return { image: noted, imageRepository: '', imageTag: noted, imageDigest: unpacked?.digest ?? '' };
  }
  const image = (isTag ? '' : noted) || claimed || (annotations.get(BASE_ANNOTATION) ?? '');
  const { repository, tag, digest } = splitImageReference(image);
  return {
    image,
    imageRepository: repository,
    imageTag: tag,
    imageDigest: digest === '' ? (unpacked?.digest ?? '') : digest,
  };
}

const reference = (annotations: ReadonlyMap<string, string>): string =>
  REFERENCE_ANNOTATIONS.map((name) => annotations.get(name) ?? '').find((value) => value !== '') ?? '';

async function readUnpacked(bundle: string): Promise<Unpacked | undefined> {
  const path = join(bundle, 'umoci.json');
  try {
    const note = await readBoundedFile(path);
    if (note === undefined) return undefined;
    const [manifest] = list(at(parseJson(note, path), 'from_descriptor_path', 'descriptor_walk'));
    const digest = text(at(manifest, 'digest'));
    return { digest: DIGEST.test(digest) ? digest : '', annotations: textMap(at(manifest, 'annotations')) };
  } catch {
    // The note is a courtesy of another tool: a broken one must not hide the container.
    return undefined;
  }
}
