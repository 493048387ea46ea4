import { gzipSync } from 'node:zlib';
import { sha256Of } from '../content/index.js';
import { tarOf } from './tar-writer.js';

/** Content by digest, manifests among it, and tags: a repository that is served, written to a folder or pushed. */
export class TestRepository {
  readonly blobs = new Map<string, Buffer>();
  /** Media types of manifests, by digest. */
  readonly manifests = new Map<string, string>();
  readonly tags = new Map<string, string>();

  blob(content: Buffer | string): { readonly digest: string; readonly size: number } {
    const bytes = Buffer.from(content);
    const digest = sha256Of(bytes);
    this.blobs.set(digest, bytes);
    return { digest, size: bytes.length };
  }

  manifest(value: { readonly mediaType: string }, tag?: string): TestDescriptor {
    const { digest, size } = this.blob(JSON.stringify(value));
    this.manifests.set(digest, value.mediaType);
    if (tag !== undefined) this.tags.set(tag, digest);
    return { mediaType: value.mediaType, digest, size };
  }

  /** An image of one layer for each set of files. */
  image({ tag, layers = [{ 'etc/hello': 'hello\n' }], ...rest }: TestImageOptions = {}): TestDescriptor {
    const tars = layers.map((files) => tarOf(files));
    const config = this.blob(
      JSON.stringify({
        architecture: rest.architecture ?? (process.arch === 'x64' ? 'amd64' : process.arch),
        os: 'linux',
        created: (rest.created ?? new Date()).toISOString(),
        config: { Cmd: ['/bin/true'] },
        rootfs: { type: 'layers', diff_ids: tars.map(sha256Of) },
      }),
    );
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: tars.map((tar) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        ...this.blob(gzipSync(tar)),
      })),
      ...(rest.annotations === undefined ? {} : { annotations: rest.annotations }),
    };
    return this.manifest(manifest, tag);
  }

  index(images: Readonly<Record<string, TestDescriptor>>, tag?: string): TestDescriptor {
    const manifests = Object.entries(images).map(([architecture, image]) => ({
      ...image,
      platform: { os: 'linux', architecture },
    }));
    return this.manifest({ schemaVersion: 2, mediaType: INDEX, manifests } as { mediaType: string }, tag);
  }

  /** Something that hangs on an image: a signature, a bundle. By a tag, or by what it says it is about. */
  artifact(
    layers: readonly { readonly mediaType: string; readonly bytes: Buffer; readonly annotations?: object }[],
    {
      subject,
      artifactType,
      tag,
    }: { readonly subject?: TestDescriptor; readonly artifactType?: string; readonly tag?: string },
  ): TestDescriptor {
    const empty = this.blob('{}');
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      ...(artifactType === undefined ? {} : { artifactType }),
      config: { mediaType: 'application/vnd.oci.empty.v1+json', ...empty },
      layers: layers.map(({ mediaType, bytes, annotations }) => ({
        mediaType,
        ...this.blob(bytes),
        ...(annotations === undefined ? {} : { annotations }),
      })),
      ...(subject === undefined ? {} : { subject }),
    };
    return this.manifest(manifest, tag);
  }

  /** Descriptors of what says it is about a manifest. */
  referrers(digest: string): readonly object[] {
    return [...this.manifests].flatMap(([each, mediaType]) => {
      const value = JSON.parse(String(this.blobs.get(each))) as {
        subject?: { digest: string };
        artifactType?: string;
      };
      if (value.subject?.digest !== digest) return [];
      const size = this.blobs.get(each)?.length ?? 0;
      return [{ mediaType, digest: each, size, artifactType: value.artifactType }];
    });
  }
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

export interface TestDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface TestImageOptions {
  readonly tag?: string;
  /** Files of each layer by their path; a value that is a number is the mode of an executable of that content. */
  readonly layers?: readonly Readonly<Record<string, string | TestFile>>[];
  readonly architecture?: string;
  readonly created?: Date;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface TestFile {
  readonly text: string;
  readonly mode?: number;
}
