import { containerOfSpec } from '@runward/runtimes/creation';
import type { OciSpec } from '../spec/spec.js';
import { type CreationPlace, type Identity, identity } from './identity.js';

/** A bundle nobody manages: its annotations, and what umoci noted beside it. */
export async function plainIdentity(
  spec: OciSpec,
  { id, bundle, runtime }: CreationPlace,
): Promise<Identity> {
  try {
    const known = runtime === 'crun' ? 'crun' : 'runc';
    const { image, imageRepository, imageDigest, labels } = await containerOfSpec(id, known, spec, bundle);
    return identity({ name: id, runtime: known, image, imageRepository, imageDigest, labels });
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    return identity(
      { name: id, runtime, labels: new Map(Object.entries(spec.annotations ?? {})) },
      ['image', 'digest'],
      why,
    );
  }
}
