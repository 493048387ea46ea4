import type { PathPattern } from '@runward/policy';

/** Files that matter, in one place. */
export interface Watch {
  readonly name: string;
  readonly where: 'host' | 'containers';
  /** Of containers: names, images or workloads, with `*`; empty: all. */
  readonly containers: readonly string[];
  readonly paths: readonly PathPattern[];
  readonly exclude: readonly PathPattern[];
  /** Keep the text of small files, so that a change can be shown. Never of secrets. */
  readonly content: boolean;
}

export interface IntegritySettings {
  readonly watches: readonly Watch[];
  /** More files of which no text is kept. */
  readonly secrets: readonly PathPattern[];
  /** How often everything is looked at. */
  readonly everyMs: number;
}

export const DEFAULT_EVERY_MS = 3_600_000;
