import type { Detection } from '@runward/detect';

export type DetectionListener = (items: readonly Detection[]) => void;

/** Passes detections on to whoever follows them at the moment. What nobody follows is not kept. */
export class DetectionHub {
  readonly #listeners = new Set<DetectionListener>();

  publish(items: readonly Detection[]): void {
    for (const listener of this.#listeners) listener(items);
  }

  /** Returns what ends it. */
  follow(listener: DetectionListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
