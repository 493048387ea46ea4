/** One thing that is not as it was approved. */
export interface Difference {
  /** What of the configuration, such as `process.capabilities` or `mounts./etc`. */
  readonly what: string;
  /** weaker: the container may do more than was approved; stronger: less; other: neither can be said. */
  readonly effect: 'weaker' | 'stronger' | 'other';
  /** In plain words. */
  readonly text: string;
}
