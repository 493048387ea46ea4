import { plainSpan } from '@runward/core';
import { LIMITS } from '../model/limits.js';
import type { RuntimePolicy } from '../model/policy.js';
import { object } from '../shape/collections.js';
import { choice, text } from '../shape/scalars.js';
import { ignored, mapped, type Shape } from '../shape/shape.js';
import {
  capabilitySection,
  defaultFields,
  fileSection,
  kernelSection,
  networkSection,
  privilegeSection,
  processSection,
  syscallSection,
} from './section-shapes.js';
import { EVERYTHING, labels, selectorShape } from './selector-shape.js';
import { trustSection } from './trust-shape.js';

export const API_VERSION = 'runward.dev/v1alpha1';
export const KIND = 'RuntimePolicy';

const prose = text({ what: 'text', maxLength: LIMITS.proseCharacters, mayBeEmpty: true });
const shortText = text({ what: 'text', maxLength: LIMITS.textCharacters, mayBeEmpty: true });

export const nameShape = text({
  what: 'a name',
  maxLength: LIMITS.nameCharacters,
  pattern: {
    regex: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
    help: 'lower-case letters, digits, `-` and `.`, as Kubernetes names objects',
  },
});

const metadata = object(
  {
    name: { shape: nameShape, doc: 'The name of the policy; verdicts are shown with it.' },
    labels: { shape: labels, doc: 'For grouping policies.' },
    annotations: { shape: ignored, doc: 'Not looked at.' },
    // What the API server writes into an object it gives out.
    ...Object.fromEntries(
      [
        'creationTimestamp',
        'generation',
        'resourceVersion',
        'uid',
        'managedFields',
        'finalizers',
        'ownerReferences',
      ].map((key) => [key, { shape: ignored, doc: 'Written by Kubernetes; not looked at.' }]),
    ),
  },
  { required: ['name'] },
);

export const specShape = object({
  owner: { shape: shortText, doc: 'Who answers for the policy.' },
  description: { shape: prose, doc: 'What it is for.' },
  version: { shape: shortText, doc: "The author's own; any text, quoted where it looks like a number." },
  selector: {
    shape: selectorShape,
    doc: 'Which containers: all parts must hold, within a part any entry. Default: all.',
  },
  ...defaultFields,
  process: { shape: processSection, doc: 'Which programs may start.' },
  file: { shape: fileSection, doc: 'Which files may be touched, and how.' },
  network: { shape: networkSection, doc: 'Which connections and sockets.' },
  capabilities: { shape: capabilitySection, doc: 'Which capabilities may be used.' },
  syscalls: { shape: syscallSection, doc: 'Which system calls.' },
  kernelSurface: {
    shape: kernelSection,
    doc: 'Which handles of the kernel that ordinary workloads do not touch.',
  },
  privilege: { shape: privilegeSection, doc: 'How privileges may grow.' },
  trust: { shape: trustSection, doc: 'Which images containers may be made of.' },
});

export const documentShape: Shape<RuntimePolicy> = mapped(
  object(
    {
      apiVersion: { shape: choice([API_VERSION]), doc: 'The version of this format.' },
      kind: { shape: choice([KIND]), doc: 'What the document is.' },
      metadata: { shape: metadata, doc: 'Name and labels.' },
      spec: { shape: specShape, doc: 'What the workload may do.' },
      status: { shape: ignored, doc: 'Written by Kubernetes; not looked at.' },
    },
    { required: ['apiVersion', 'kind', 'metadata', 'spec'] },
  ),
  ({ value, span }): RuntimePolicy => {
    const { metadata: meta, spec } = value;
    const { owner, description, version, selector, mode, response, onFailure, onMissing, ...sections } =
      spec.value;
    const defaults = {
      ...(mode && { mode }),
      ...(response && { response }),
      ...(onFailure && { onFailure }),
      ...(onMissing && { onMissing }),
    };
    return {
      name: meta.value.name.text,
      labels: meta.value.labels ?? new Map(),
      owner: owner?.text ?? '',
      description: description?.text ?? '',
      version: version?.text ?? '',
      selector: selector ?? EVERYTHING,
      ...(sections.process && { process: sections.process(defaults) }),
      ...(sections.file && { file: sections.file(defaults) }),
      ...(sections.network && { network: sections.network(defaults) }),
      ...(sections.capabilities && { capabilities: sections.capabilities(defaults) }),
      ...(sections.syscalls && { syscalls: sections.syscalls(defaults) }),
      ...(sections.kernelSurface && { kernelSurface: sections.kernelSurface(defaults) }),
      ...(sections.privilege && { privilege: sections.privilege(defaults) }),
      ...(sections.trust && { trust: sections.trust(defaults) }),
      span: plainSpan(span),
    };
  },
);
