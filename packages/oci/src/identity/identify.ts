import type { OciSpec } from '../spec/spec.js';
import { containerdIdentity, isContainerd } from './containerd.js';
import { crioIdentity, isCrio } from './crio.js';
import { dockerIdentity, isDocker } from './docker.js';
import type { CreationPlace, Identity } from './identity.js';
import { plainIdentity } from './plain.js';
import { isPodman, podmanIdentity } from './podman.js';

/**
 * Who the container of a specification will be. Each manager leaves its own traces; none is asked over an API that
 * waits for the very creation that is under way. Never rejects: what cannot be told is unknown, and says why.
 */
export async function identify(spec: OciSpec, place: CreationPlace): Promise<Identity> {
  if (isCrio(spec)) return crioIdentity(spec, place);
  if (isDocker(place)) return dockerIdentity(spec, place);
  if (isContainerd(spec, place)) return containerdIdentity(spec, place);
  if (isPodman(spec, place)) return podmanIdentity(place);
  return plainIdentity(spec, place);
}
