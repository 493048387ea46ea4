import { splitImageReference } from '@runward/runtimes/creation';
import { type Fact, type Identity, identity } from '../identity/identity.js';
import { at, text, textMap } from '../identity/json.js';

const IMAGE = ['io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName'];

/** Who a container is by what NRI tells of it and its pod. The digest of its image is not among it. */
export function nriIdentity(request: Readonly<Record<string, unknown>>): Identity {
  const annotations = textMap(at(request, 'container', 'annotations'));
  const image = IMAGE.map((key) => annotations.get(key) ?? '').find((value) => value !== '') ?? '';
  const isCrio = [...annotations.keys()].some((key) => key.startsWith('io.kubernetes.cri-o.'));
  const unknown: Fact[] = image === '' ? ['image', 'digest'] : ['digest'];
  return identity(
    {
      name: text(at(request, 'container', 'name')),
      runtime: isCrio ? 'cri-o' : 'containerd',
      image,
      imageRepository: splitImageReference(image).repository,
      labels: textMap(at(request, 'container', 'labels')),
      pod: {
        namespace: text(at(request, 'pod', 'namespace')),
        labels: textMap(at(request, 'pod', 'labels')),
      },
    },
    unknown,
    'NRI does not tell it',
  );
}
