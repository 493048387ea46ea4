import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageJudge, ImageJudgement } from '@runward/oci';
import type { Workload } from '@runward/policy';
import type { TrustSection } from '@runward/policy/trust';
import { type Verdict, VerdictCache, verdictKey } from './verdict-cache.js';

export interface ImageTrustOptions {
  readonly state: string;
  /** How long a container that is being created waits for a verdict; it is reached all the same, for the next try. */
  readonly patienceMs?: number;
  /** For all that a registry is asked about one image. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

/** The wrapper's front waits six seconds in all. */
const PATIENCE_MS = 3_500;
const TIMEOUT_MS = 20_000;
/** A registry that is away is not asked for every container that is tried again. */
const AGAIN_MS = 5_000;
const MAX_FAILURES = 1000;

/**
 * Whether the images of containers are what policies ask for: from what is known where that is young enough, else by the
 * registry. Nothing of what reads signatures is loaded before the first image has to be judged.
 */
export class ImageTrust implements ImageJudge {
  readonly #options: ImageTrustOptions;
  readonly #cache: VerdictCache;
  readonly #asking = new Map<string, Promise<ImageJudgement>>();
  readonly #failures = new Map<string, { readonly message: string; readonly atMs: number }>();
  readonly #now: () => number;
  #asked = 0;
  #verified = 0;

  constructor(options: ImageTrustOptions) {
    this.#options = options;
    this.#cache = new VerdictCache(options.state);
    this.#now = options.now ?? Date.now;
  }

  get status(): unknown {
    return {
      ...{ asked: this.#asked, verified: this.#verified, known: this.#cache.size },
      ...{ asking: this.#asking.size, failed: this.#failures.size },
    };
  }

  async judge(trust: TrustSection, workload: Workload): Promise<ImageJudgement> {
    this.#asked += 1;
    const { image, imageDigest } = workload;
    if (imageDigest === '') return { kind: 'unknown', message: 'the digest of its image cannot be told' };
    try {
      const { readMaterials } = await import('@runward/trust/materials');
      const { stamp } = await readMaterials(trust.demand.signers);
      const key = verdictKey([imageDigest, image, trust.demand, stamp]);
      const known = this.#cache.get(key, this.#now(), trust.recheckS * 1000);
      if (known !== undefined) return known;
      const failure = this.#failures.get(key);
      if (failure !== undefined && this.#now() - failure.atMs < AGAIN_MS) {
        return { kind: 'unknown', message: failure.message };
      }
      return await this.#patiently(this.#ask(key, trust, workload));
    } catch (problem) {
      return { kind: 'unknown', message: messageOf(problem) };
    }
  }

  /** Keeps what is known for the next agent. */
  close(): void {
    this.#cache.write();
  }

  #ask(key: string, trust: TrustSection, workload: Workload): Promise<ImageJudgement> {
    const asking = this.#asking.get(key) ?? this.#verify(key, trust, workload);
    this.#asking.set(key, asking);
    return asking;
  }

  async #patiently(asking: Promise<ImageJudgement>): Promise<ImageJudgement> {
    const end = new AbortController();
    const tooLong = sleep(this.#options.patienceMs ?? PATIENCE_MS, undefined, {
      signal: end.signal,
      ref: false,
    })
      .then(
        (): ImageJudgement => ({
          kind: 'unknown',
          message: 'its registry has not answered yet; the verdict will be there for another try',
        }),
      )
      .catch(() => asking);
    try {
      return await Promise.race([asking, tooLong]);
    } finally {
      end.abort();
    }
  }

  /** Never rejects. */
  async #verify(key: string, trust: TrustSection, workload: Workload): Promise<ImageJudgement> {
    try {
      const verdict = await verified(trust, workload, this.#options.timeoutMs ?? TIMEOUT_MS);
      this.#verified += 1;
      this.#cache.set(key, verdict, this.#now());
      this.#failures.delete(key);
      this.#cache.write();
      return verdict;
    } catch (problem) {
      const message = messageOf(problem);
      this.#failures.delete(key);
      this.#failures.set(key, { message, atMs: this.#now() });
      for (const oldest of this.#failures.keys()) {
        if (this.#failures.size <= MAX_FAILURES) break;
        this.#failures.delete(oldest);
      }
      return { kind: 'unknown', message };
    } finally {
      this.#asking.delete(key);
    }
  }
}

const messageOf = (problem: unknown): string =>
  problem instanceof Error ? problem.message : String(problem);

/** Asks for the image by its digest: what a tag leads to by now is not what the container is made of. */
async function verified(trust: TrustSection, workload: Workload, timeoutMs: number): Promise<Verdict> {
  const { loadSigners, RegistrySource, readReference, TrustError, verifyImage } = await import(
    '@runward/trust'
  );
  const { demand } = trust;
  const reference = readReference(workload.image);
  const source = new RegistrySource({ ...reference, tag: '', digest: workload.imageDigest }, { timeoutMs });
  try {
    const signers = await loadSigners(demand.signers);
    const { problems } = await verifyImage(source, { demand, signers, reference });
    const [first] = problems;
    return first === undefined ? { kind: 'trusted' } : { kind: 'refused', ...first };
  } catch (problem) {
    // Whoever gives out other content than the digest names is caught in the act, not away.
    if (problem instanceof TrustError && problem.code === 'IMAGE_CONTENT_CHANGED') {
      return { kind: 'refused', code: problem.code, message: problem.message, help: problem.help };
    }
    throw problem;
  }
}
