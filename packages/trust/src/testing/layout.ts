import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestRepository } from './test-image.js';

/** Writes a repository as an OCI layout: its tags are the names of its index, and what has none is listed without. */
export function writeLayout(repository: TestRepository, folder: string): void {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  for (const [digest, bytes] of repository.blobs) {
    writeFileSync(join(folder, 'blobs/sha256', digest.slice('sha256:'.length)), bytes);
  }
  const tagged = [...repository.tags].map(([tag, digest]) => ({ digest, annotations: { [NAME]: tag } }));
  const others = [...repository.manifests.keys()].flatMap((digest) =>
    repository.referrers(digest).map((each) => each as { digest: string }),
  );
  const manifests = [...tagged, ...others].map((entry) => ({
    mediaType: repository.manifests.get(entry.digest),
    size: repository.blobs.get(entry.digest)?.length,
    ...entry,
  }));
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

const NAME = 'org.opencontainers.image.ref.name';
