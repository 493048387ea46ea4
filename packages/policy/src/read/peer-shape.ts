import { LIMITS } from '../model/limits.js';
import { NAMED_PEERS, type Peer, type WorkloadPeer } from '../model/policy.js';
import { list, object } from '../shape/collections.js';
import { choice, text } from '../shape/scalars.js';
import { either, mapped, type Shape } from '../shape/shape.js';
import { textPattern } from './pattern-shape.js';
import { labels } from './selector-shape.js';

const LABEL = '[a-zA-Z0-9_]([-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?';

/** As name servers have them (RFC 1035), underscores included; compared without regard to case. */
const dnsName = mapped(
  text({
    what: 'a name',
    maxLength: 250,
    pattern: {
      regex: `^(\\*\\.)?${LABEL}(\\.${LABEL})*\\.?$`,
      help: 'write `api.example.com`, or `*.example.com` for all names below it',
    },
  }),
  (written) => written.text.toLowerCase().replace(/\.$/, ''),
);

const service = mapped(
  text({
    what: 'a service',
    maxLength: 127,
    pattern: { regex: `^${LABEL}/${LABEL}$`, help: 'write `NAMESPACE/NAME`' },
  }),
  (written) => written.text.toLowerCase(),
);

const patterns = (what: string): Shape<readonly string[]> => list(textPattern(what), LIMITS.entries);

const workload = mapped(
  object({
    namespaces: { shape: patterns('a namespace'), doc: 'Patterns (*, ?) over the namespace of the pod.' },
    podLabels: { shape: labels, doc: 'Labels the pod must have.' },
    containerLabels: { shape: labels, doc: 'Labels the container must have.' },
    images: { shape: patterns('an image'), doc: 'Patterns over the image reference, or its repository.' },
    containerNames: { shape: patterns("a container's name"), doc: "Patterns over the container's name." },
  }),
  ({ value }): WorkloadPeer => ({
    ...{ namespaces: value.namespaces ?? [], images: value.images ?? [] },
    ...{ containerNames: value.containerNames ?? [] },
    podLabels: Object.fromEntries(value.podLabels ?? []),
    containerLabels: Object.fromEntries(value.containerLabels ?? []),
  }),
);

/** Who is at the other end, by another word than an address. */
export const peer: Shape<Peer> = either(
  mapped(choice(NAMED_PEERS), (name): Peer => ({ kind: 'named', name })),
  mapped(
    object(
      {
        name: { shape: dnsName, doc: 'A name of name servers, or *. and one: all below it.' },
        service: { shape: service, doc: 'A Kubernetes service, as NAMESPACE/NAME.' },
        workload: { shape: workload, doc: 'Containers on this machine; all parts that are given must hold.' },
      },
      { one: ['name', 'service', 'workload'] },
    ),
    ({ value }): Peer | undefined => {
      if (value.name !== undefined) return { kind: 'name', pattern: value.name };
      if (value.workload !== undefined) return { kind: 'workload', workload: value.workload };
      const [namespace = '', name = ''] = value.service?.split('/') ?? [];
      return value.service === undefined ? undefined : { kind: 'service', namespace, name };
    },
  ),
);
