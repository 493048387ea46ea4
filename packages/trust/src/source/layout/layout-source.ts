import {
  algorithmOf,
  type Content,
  checked,
  type Descriptor,
  type Digest,
  fieldsOf,
  hexOf,
  LIMITS,
  mustBe,
  parsedJson,
  readManifest,
} from '../../content/index.js';
import { TrustError } from '../../error.js';
import { type ImageSource, tagOf } from '../source.js';
import type { LayoutFiles } from './files.js';

/** How `skopeo`, `crane`, `umoci` and containerd name an entry; containerd and `docker save` give whole references. */
const NAMES = ['org.opencontainers.image.ref.name', 'io.containerd.image.name'];
/** How `cosign save` marks what lies in a layout. */
const KIND = 'kind';
const COSIGN_KINDS: Readonly<Record<string, string>> = {
  sig: 'dev.cosignproject.cosign/sigs',
  att: 'dev.cosignproject.cosign/atts',
};

/** An image in an OCI layout (image-layout.md), with its signatures as registries hold them or as `cosign save` does. */
export class LayoutSource implements ImageSource {
  readonly name: string;

  constructor(
    private readonly files: LayoutFiles,
    /** A name of the layout's index; undefined where it has one image. */
    private readonly wanted: string | undefined,
  ) {
    this.name = wanted === undefined ? files.name : `${files.name}:${wanted}`;
  }

  async root(): Promise<Content> {
    const entries = await this.entries();
    const images = entries.filter(({ artifactType, annotations }) => {
      const kind = annotations.get(KIND) ?? '';
      return artifactType === '' && !Object.values(COSIGN_KINDS).includes(kind);
    });
    const found: Content[] = [];
    for (const { digest } of this.wanted === undefined ? images : images.filter(isNamed(this.wanted))) {
      const content = await this.manifest(digest);
      if (!isAbout(content)) found.push(content);
    }
    const digests = new Set(found.map(({ digest }) => digest));
    const [only] = found;
    if (only !== undefined && digests.size === 1) return only;
    const names = images.flatMap(({ annotations }) => NAMES.flatMap((key) => annotations.get(key) ?? []));
    throw new TrustError(
      'IMAGE_NOT_FOUND',
      only === undefined
        ? `${this.files.name} has no image${this.wanted === undefined ? '' : ` named \`${this.wanted}\``}`
        : `${this.files.name} has ${digests.size} images${this.wanted === undefined ? '' : ` named \`${this.wanted}\``}`,
      {
        help:
          names.length === 0
            ? 'make it with `skopeo copy`'
            : `name one of them: ${names.slice(0, 8).join(', ')}`,
      },
    );
  }

  async manifest(digest: Digest): Promise<Content> {
    const bytes = await this.files.read(blobPath(digest), LIMITS.manifestBytes);
    if (bytes === undefined) throw this.missing(digest);
    mustBe(digest, bytes, `blob \`${digest}\` of ${this.files.name}`);
    return { digest, bytes };
  }

  async blob({ digest }: Descriptor, maxBytes: number): Promise<Buffer> {
    const bytes = await this.files.read(blobPath(digest), maxBytes);
    if (bytes === undefined) throw this.missing(digest);
    mustBe(digest, bytes, `blob \`${digest}\` of ${this.files.name}`);
    return bytes;
  }

  stream({ digest, size }: Descriptor): AsyncIterable<Uint8Array> {
    return checked(
      digest,
      size,
      this.files.stream(blobPath(digest)),
      `blob \`${digest}\` of ${this.files.name}`,
    );
  }

  async referrers(digest: Digest): Promise<readonly Descriptor[]> {
    const found: Descriptor[] = [];
    for (const entry of await this.entries()) {
      if (entry.digest === digest) continue;
      const manifest = readManifest(await this.manifest(entry.digest));
      if (manifest.kind !== 'manifest' || manifest.subject?.digest !== digest) continue;
      found.push({ ...entry, artifactType: entry.artifactType || manifest.artifactType });
    }
    const listed = await this.tagged(tagOf(digest));
    return listed === undefined ? found : [...found, ...entriesIn(listed)];
  }

  async tagged(tag: string): Promise<Content | undefined> {
    const entries = await this.entries();
    const kind = COSIGN_KINDS[tag.slice(tag.lastIndexOf('.') + 1)];
    const entry =
      entries.find(isNamed(tag)) ??
      (kind === undefined ? undefined : entries.find(({ annotations }) => annotations.get(KIND) === kind));
    return entry === undefined ? undefined : this.manifest(entry.digest);
  }

  private async entries(): Promise<readonly Descriptor[]> {
    const bytes = await this.files.read('index.json', LIMITS.manifestBytes);
    if (bytes === undefined || !Array.isArray(fieldsOf(parsedJson(bytes)).manifests)) {
      throw new TrustError('LAYOUT_MALFORMED', `${this.files.name} is no OCI layout: it has no index.json`, {
        help: 'make one with `skopeo copy … oci:DIR` or `oci-archive:FILE`; archives of Docker before 25 are none',
      });
    }
    return entriesIn({ digest: 'index.json', bytes });
  }

  private missing(digest: Digest): TrustError {
    return new TrustError('IMAGE_NOT_FOUND', `${this.files.name} does not have \`${digest}\``, {
      help: 'the layout is not complete: copy it again, with all platforms (`skopeo copy --all`)',
    });
  }
}

const blobPath = (digest: Digest): string => `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;

function entriesIn(content: Content): readonly Descriptor[] {
  const index = readManifest(content);
  return index.kind === 'index' ? index.manifests : [];
}

/** By the whole name, or by its tag where whole references are noted. */
const isNamed =
  (wanted: string) =>
  ({ annotations }: Descriptor): boolean =>
    NAMES.some((key) => annotations.get(key) === wanted || annotations.get(key)?.endsWith(`:${wanted}`));

/** Signatures and the like in a layout say what they are about. */
function isAbout(content: Content): boolean {
  const manifest = readManifest(content);
  return manifest.kind === 'manifest' && manifest.subject !== undefined;
}
