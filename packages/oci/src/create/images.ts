import type { RuntimePolicy, Workload } from '@runward/policy';
import type { TrustSection } from '@runward/policy/trust';
import type { CreationNote } from '../apply/change.js';
import { OciError } from '../error.js';
import type { Identity } from '../identity/identity.js';

/** What is found about the image of a container, for one policy. */
export type ImageJudgement =
  | { readonly kind: 'trusted' }
  /** `code` of docs/errors/trust.md. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly help: string }
  /** It could not be judged, in time or at all. */
  | { readonly kind: 'unknown'; readonly message: string };

/** Says whether images are what policies ask for. Never rejects. */
export interface ImageJudge {
  judge(trust: TrustSection, workload: Workload): Promise<ImageJudgement>;
  /** Told of a container that is not started for it. */
  refused?(policy: string, trust: TrustSection, workload: Workload, judgement: ImageJudgement): void;
}

export interface JudgedImage {
  readonly policy: string;
  readonly trust: TrustSection;
  readonly judgement: ImageJudgement;
  /** Whether the container must not start. */
  readonly isRefused: boolean;
}

/** A policy that looks at images. */
export const judgesImages = ({ trust }: RuntimePolicy): boolean =>
  trust?.mode === 'protect' || trust?.mode === 'monitor';

/**
 * Judges the image of a container by every policy that selects it. The sandbox of a pod is left out: its image is what
 * the node's runtime is configured to use, and nothing that a workload names.
 */
export async function judgeImages(
  policies: readonly RuntimePolicy[],
  { workload, unknown }: Identity,
  images: ImageJudge,
): Promise<readonly JudgedImage[]> {
  const judging = policies.flatMap(({ name, trust }) =>
    trust?.mode === 'protect' || trust?.mode === 'monitor' ? [{ policy: name, trust }] : [],
  );
  return Promise.all(
    judging.map(async ({ policy, trust }) => {
      const judgement: ImageJudgement =
        unknown.has('image') || unknown.has('digest') || workload.imageDigest === ''
          ? { kind: 'unknown', message: 'the digest of its image cannot be told' }
          : await images.judge(trust, workload);
      const isWrong =
        judgement.kind === 'refused' || (judgement.kind === 'unknown' && trust.onFailure === 'closed');
      return { policy, trust, judgement, isRefused: isWrong && trust.mode === 'protect' };
    }),
  );
}

/** @throws OciError for the first image that must not start */
export function notesOfImages(judged: readonly JudgedImage[], workload: Workload): readonly CreationNote[] {
  const refused = judged.find(({ isRefused }) => isRefused);
  if (refused !== undefined) throw refusal(refused, workload);
  return judged.flatMap(({ policy, trust, judgement }): readonly CreationNote[] => {
    if (judgement.kind === 'trusted') return [];
    const why = trust.mode === 'monitor' ? 'is in monitor' : 'is `onFailure: open`';
    const what = judgement.kind === 'refused' ? `is not trusted [${judgement.code}]` : 'could not be judged';
    const message = `image \`${nameOf(workload)}\` ${what}, and policy \`${policy}\` ${why}: ${judgement.message}`;
    return [{ code: 'OCI_IMAGE_STARTED', message }];
  });
}

function refusal({ policy, judgement }: JudgedImage, workload: Workload): OciError {
  const image = nameOf(workload);
  if (judgement.kind === 'refused') {
    const message = `policy \`${policy}\` does not trust image \`${image}\`: ${judgement.message} [${judgement.code}]`;
    return new OciError('OCI_IMAGE_UNTRUSTED', message, { help: judgement.help });
  }
  const why = judgement.kind === 'unknown' ? judgement.message : '';
  return new OciError(
    'OCI_IMAGE_UNJUDGED',
    `policy \`${policy}\` is \`onFailure: closed\`, and image \`${image}\` could not be judged: ${why}`,
    { help: 'try again when that is mended, or set `onFailure: open` in the `trust` section' },
  );
}

const nameOf = ({ image, imageDigest, name }: Workload): string => image || imageDigest || name;
