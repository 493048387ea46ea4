import { type Detection, NOBODY, summarizeContainer } from '@runward/detect';
import type { ContainerInfo } from '@runward/events';
import type { ImageJudgement } from '@runward/oci';
import type { Workload } from '@runward/policy';

/** refused: no container was made of it. The others are about containers that run. */
export type TrustEvent = 'refused' | 'untrusted' | 'unjudged' | 'trusted-again';

const WORDS: Readonly<
  Record<
    TrustEvent,
    { readonly rule: string; readonly text: string; readonly priority: Detection['priority'] }
  >
> = {
  refused: { rule: 'Trust: image refused', text: 'was not started', priority: 'Warning' },
  untrusted: {
    rule: 'Trust: image is not trusted',
    text: 'runs an image that is not trusted',
    priority: 'Error',
  },
  unjudged: {
    rule: 'Trust: image could not be judged',
    text: 'runs an image that could not be judged',
    priority: 'Notice',
  },
  'trusted-again': {
    rule: 'Trust: image is trusted again',
    text: 'runs an image that is trusted again',
    priority: 'Informational',
  },
};

export interface TrustChange {
  readonly event: TrustEvent;
  readonly policy: string;
  readonly mode: string;
  readonly workload: Workload;
  /** undefined for a container that was not started. */
  readonly info: ContainerInfo | undefined;
  readonly judgement: ImageJudgement;
}

/** What was found about an image as a detection, so that whoever reads detections reads it. */
export function describeTrust(change: TrustChange, hostname: string): Detection {
  const { event, policy, mode, workload, info, judgement } = change;
  const { rule, text, priority } = WORDS[event];
  const { name, image, imageDigest } = workload;
  const why = judgement.kind === 'trusted' ? '' : `: ${judgement.message}`;
  const code = judgement.kind === 'refused' ? judgement.code : judgement.kind === 'unknown' ? 'unjudged' : '';
  return {
    ...{ time: new Date().toISOString(), rule, priority, source: 'trust', hostname },
    output: `${name || image} ${text} (${image || imageDigest}, policy ${policy})${why}`,
    tags: ['container', 'trust', ...(event === 'trusted-again' ? [] : ['T1610'])],
    output_fields: {
      'trust.policy': policy,
      'trust.mode': mode,
      'trust.reason': code,
      'container.name': name,
      'container.image': image,
      'container.image.digest': imageDigest,
    },
    container: info === undefined ? null : summarizeContainer(info),
    process: NOBODY,
    ancestors: [],
    event: {
      ...{ type: 'trust', number: 0, cpu: 0 },
      ...{ callerMemory: false, truncated: false, compat32: false, ioUring: false },
    },
  };
}
