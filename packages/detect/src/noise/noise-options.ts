export interface NoiseOptions {
  /** How long identical detections are gathered after the first, milliseconds; 0 for not at all. */
  readonly groupMs: number;
  /** Detections of one rule in one container that are passed on per minute; 0 for all. */
  readonly perMinute: number;
}

export const DEFAULT_NOISE: NoiseOptions = { groupMs: 10_000, perMinute: 600 };
export const NO_NOISE_CONTROL: NoiseOptions = { groupMs: 0, perMinute: 0 };
