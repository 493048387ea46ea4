import type { Detection } from '@runward/detect';
import type { ContainerInfo } from '@runward/events';
import { type ImageJudge, type ImageJudgement, judgesImages } from '@runward/oci';
import type { RuntimePolicy, Workload } from '@runward/policy';
import { selectPolicies } from '@runward/policy/decide';
import type { TrustSection } from '@runward/policy/trust';
import { describeTrust, type TrustEvent } from './describe.js';

export interface TrustWatchOptions {
  readonly hostname: string;
  readonly images: ImageJudge;
  /** Rejects when the policies cannot be known. */
  readonly policies: () => Promise<readonly RuntimePolicy[]>;
  /** The containers that run. */
  readonly running: () => Promise<readonly ContainerInfo[]>;
  readonly take: (detections: readonly Detection[]) => void;
  readonly say: (message: string) => void;
  readonly intervalMs?: number;
}

/** Looking costs reading keys and asking what is known; registries are asked as often as `recheck` says. */
const INTERVAL_MS = 15_000;
const SAME_MS = 5_000;

type Standing = 'trusted' | 'untrusted' | 'unjudged';

/**
 * Judges again and again what runs already. A key that was replaced, an approval that was withdrawn or a signature that
 * is gone is told once for each container and policy, and once more when it is mended.
 */
export class TrustWatch {
  readonly #options: TrustWatchOptions;
  readonly #told = new Map<string, Standing>();
  #timer: NodeJS.Timeout | undefined;
  #problem = '';
  #refusal = { what: '', atMs: 0 };

  constructor(options: TrustWatchOptions) {
    this.#options = options;
  }

  get status(): unknown {
    const all = [...this.#told.values()];
    const count = (standing: Standing): number => all.filter((each) => each === standing).length;
    return {
      ...{ trusted: count('trusted'), untrusted: count('untrusted'), unjudged: count('unjudged') },
      problem: this.#problem,
    };
  }

  start(): void {
    const again = (): void => {
      this.#timer = setTimeout(
        () => void this.look().then(again),
        this.#options.intervalMs ?? INTERVAL_MS,
      ).unref();
    };
    again();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Never rejects: what cannot be looked at is told, and looked at again. */
  async look(): Promise<void> {
    const { policies, running, say } = this.#options;
    try {
      const judging = (await policies()).filter(judgesImages);
      if (judging.length === 0) {
        this.#told.clear();
        return;
      }
      const seen = new Set<string>();
      for (const info of await running()) {
        if (isSandbox(info)) continue;
        for (const { name, trust } of selectPolicies(judging, info)) {
          const key = `${name}\0${info.id}`;
          seen.add(key);
          if (trust !== undefined) await this.#judge(key, name, trust, info);
        }
      }
      for (const key of this.#told.keys()) if (!seen.has(key)) this.#told.delete(key);
      this.#problem = '';
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== this.#problem) say(`images of running containers are not judged: ${why}`);
      this.#problem = why;
    }
  }

  async #judge(key: string, policy: string, trust: TrustSection, info: ContainerInfo): Promise<void> {
    const judgement = await this.#options.images.judge(trust, info);
    const standing = STANDINGS[judgement.kind];
    const before = this.#told.get(key);
    // A registry that is away for a while says nothing against what was trusted.
    if (standing === 'unjudged' && before !== undefined) return;
    this.#told.set(key, standing);
    const event = eventOf(before, standing);
    if (event !== undefined) this.#tell(event, policy, trust, info, info, judgement);
  }

  /** A container that was not started. Whoever is refused asks once more, to hear the reason. */
  refused(policy: string, trust: TrustSection, workload: Workload, judgement: ImageJudgement): void {
    const what = `${policy}\0${workload.name}\0${workload.imageDigest}`;
    const nowMs = Date.now();
    if (this.#refusal.what === what && nowMs - this.#refusal.atMs < SAME_MS) return;
    this.#refusal = { what, atMs: nowMs };
    this.#tell('refused', policy, trust, workload, undefined, judgement);
  }

  #tell(
    event: TrustEvent,
    policy: string,
    { mode }: TrustSection,
    workload: Workload,
    info: ContainerInfo | undefined,
    judgement: ImageJudgement,
  ): void {
    const { hostname, take } = this.#options;
    take([describeTrust({ event, policy, mode, workload, info, judgement }, hostname)]);
  }
}

const STANDINGS: Readonly<Record<ImageJudgement['kind'], Standing>> = {
  trusted: 'trusted',
  refused: 'untrusted',
  unknown: 'unjudged',
};

function eventOf(before: Standing | undefined, now: Standing): TrustEvent | undefined {
  if (before === now) return undefined;
  if (now !== 'trusted') return now;
  return before === 'untrusted' ? 'trusted-again' : undefined;
}

/** The sandbox of a pod is made of what the node's runtime is configured to use, and of nothing that a workload names. */
const isSandbox = ({ runtime, pod, labels, id }: ContainerInfo): boolean =>
  (runtime === 'containerd' && labels.get('io.cri-containerd.kind') === 'sandbox') ||
  (runtime === 'cri-o' && pod?.sandboxId === id);
