import type { EffectivePolicy, KernelCompilation } from '@runward/policy';
import type { Workshop } from './workshop.js';

/** Compiled and not loaded yet: a change is admitted first and made then. Each may have tens of megabytes. */
const MAX_KEPT = 8;
const MAX_SOUND = 4096;

/** Compiles each effective policy once. */
export class Compilations {
  readonly #workshop: Pick<Workshop, 'compile'>;
  readonly #kept = new Map<string, Promise<KernelCompilation>>();
  /** Ids of those that are known to compile. */
  readonly #sound = new Set<string>();

  constructor(workshop: Pick<Workshop, 'compile'>) {
    this.#workshop = workshop;
  }

  of(effective: EffectivePolicy): Promise<KernelCompilation> {
    const kept = this.#kept.get(effective.id);
    if (kept !== undefined) return kept;
    const compiling = this.#workshop.compile(effective);
    this.#kept.set(effective.id, compiling);
    compiling.then(
      ({ tables }) => {
        if (tables !== undefined) this.#isSound(effective.id);
      },
      () => this.#kept.delete(effective.id),
    );
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return compiling;
  }

  /** Its problems, without compiling it again. */
  async problemsOf(effective: EffectivePolicy): Promise<KernelCompilation['diagnostics']> {
    return this.#sound.has(effective.id) ? [] : (await this.of(effective)).diagnostics;
  }

  /** The kernel has it: its tables are not needed here any more. */
  loaded({ id }: EffectivePolicy): void {
    this.#kept.delete(id);
  }

  #isSound(id: string): void {
    this.#sound.add(id);
    const [oldest] = this.#sound;
    if (this.#sound.size > MAX_SOUND && oldest !== undefined) this.#sound.delete(oldest);
  }
}
