import type { Flow } from '../flow.js';

export const DETECTORS = [
  'port-scan',
  'host-scan',
  'slow-port-scan',
  'slow-host-scan',
  'fan-out',
  'beacon',
  'volume',
  'new-peer',
  'new-port',
  'dns-tunnel',
  'metadata-access',
  'tor',
  'proxy',
  'mining-pool',
] as const;

export type Detector = (typeof DETECTORS)[number];

/** What a detector says of a container, with what it goes by. */
export interface FlowFinding {
  readonly detector: Detector;
  /** Wall clock. */
  readonly atMs: number;
  readonly self: Flow['self'];
  /** In a sentence. */
  readonly text: string;
  /** Numbers and names of that sentence, by name. */
  readonly evidence: Readonly<Record<string, string | number>>;
}
