import { type Confidence, confidenceOf, type Seen, type WorkloadProfile } from '@runward/policy';

/** Who wants a workload learnt. */
export interface LearningSource {
  /** `learn start` did, at this time. */
  readonly startedAtMs: number | undefined;
  /** Policies with a section in mode `learn`. */
  readonly policies: readonly string[];
}

/** What is known of one workload, and how well. */
export interface LearningStatus {
  readonly workload: string;
  /** It is being learnt now. */
  readonly learning: boolean;
  readonly source: LearningSource;
  /** undefined until the first of its containers is seen. */
  readonly confidence: Confidence | undefined;
  readonly images: readonly string[];
  /** How much was seen of each kind. */
  readonly counts: Readonly<Record<string, number>>;
  readonly startupOnly: number;
  readonly lastNewMs: number;
}

const KINDS = ['processes', 'files', 'network', 'capabilities', 'syscalls', 'kernelSurface'] as const;

export function statusOf(
  workload: string,
  profile: WorkloadProfile | undefined,
  source: LearningSource | undefined,
): LearningStatus {
  const none: LearningSource = { startedAtMs: undefined, policies: [] };
  const seen = KINDS.flatMap((kind): readonly Seen[] => profile?.[kind] ?? []);
  return {
    workload,
    learning: source !== undefined,
    source: source ?? none,
    confidence: profile === undefined || profile.coverage.replicas === 0 ? undefined : confidenceOf(profile),
    images: profile?.images ?? [],
    counts: Object.fromEntries(KINDS.map((kind) => [kind, profile?.[kind].length ?? 0])),
    startupOnly: seen.filter(({ startup, steady }) => startup && !steady).length,
    lastNewMs: profile?.coverage.lastNewMs ?? 0,
  };
}
