import type { ImageDemand, Signer } from '@runward/policy/trust';
import { type TestDescriptor, TestRepository } from './test-image.js';

/** A demand for these signers and nothing else, unless it is said. */
export const asked = (signers: readonly Signer[], more: Partial<ImageDemand> = {}): ImageDemand => ({
  ...{ registries: [], digests: [], pinned: false, bases: [], needed: 1, attestations: [] },
  signers,
  ...more,
});

/** One image named `latest`, and what the case puts beside it. */
export async function imageWith(
  put: (repository: TestRepository, image: TestDescriptor) => unknown,
): Promise<TestRepository> {
  const repository = new TestRepository();
  await put(repository, repository.image({ tag: 'latest' }));
  return repository;
}
