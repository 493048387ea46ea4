import type { Attestation, Difference } from '@runward/attest';
import { type Detection, NOBODY, summarizeContainer } from '@runward/detect';
import type { ContainerInfo } from '@runward/events';

export type ChangeKind = 'not-approved' | 'changed' | 'approved-again';

const WORDS: Readonly<Record<ChangeKind, { readonly rule: string; readonly text: string }>> = {
  'not-approved': {
    rule: 'Attest: container is not as approved',
    text: 'may do other things than were approved',
  },
  changed: { rule: 'Attest: configuration changed while it runs', text: 'may do other things than before' },
  'approved-again': {
    rule: 'Attest: container is as approved again',
    text: 'may do what was approved again',
  },
};

/** Told in one line; all of them are in the fields. */
const MOST_TOLD = 5;

export interface Change {
  readonly kind: ChangeKind;
  readonly info: ContainerInfo;
  readonly attestation: Attestation;
  readonly differences: readonly Difference[];
  /** What was heard of last before it was seen; undefined: nothing was. */
  readonly cause: Detection | undefined;
}

/** A change of what a container may do as a detection, so that whoever reads detections reads it. */
export function describeChange(
  { kind, info, attestation, differences, cause }: Change,
  hostname: string,
): Detection {
  const { rule, text } = WORDS[kind];
  const isWeaker = differences.some(({ effect }) => effect === 'weaker');
  const told = differences.slice(0, MOST_TOLD).map((difference) => difference.text);
  const more = differences.length > told.length ? ` and ${differences.length - told.length} more` : '';
  return {
    ...{ time: new Date().toISOString(), rule, source: 'attest', hostname },
    priority: kind === 'approved-again' ? 'Informational' : isWeaker ? 'Warning' : 'Notice',
    output: `${info.name || info.id} ${text}${told.length === 0 ? '' : `: ${told.join('; ')}${more}`}`,
    tags: ['container', 'attest', ...(isWeaker ? ['T1611'] : [])],
    output_fields: {
      'attest.digest': attestation.observation.digest,
      'attest.approved_digest': attestation.approval?.digest ?? null,
      'attest.workload': attestation.workload,
      'attest.score': attestation.score,
      'attest.differences': differences.map(({ what, effect, text: words }) => `${effect} ${what}: ${words}`),
      'attest.after': cause?.event.type ?? null,
    },
    container: summarizeContainer(info),
    process: cause?.process ?? NOBODY,
    ancestors: cause?.ancestors ?? [],
    event: {
      ...{ type: 'attest', number: 0, cpu: 0 },
      ...{ callerMemory: false, truncated: false, compat32: false, ioUring: false },
    },
  };
}
