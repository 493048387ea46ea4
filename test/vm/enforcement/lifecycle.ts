/** What {@link file://./run-lifecycle.ts} finds, for the tests that ask it. */
export interface Lifecycle {
  /** '' or what the container could do although it was denied. */
  readonly runningContainer: string;
  readonly afterKill: string;
  readonly takeover: { readonly origin: string; readonly boundTo: string; readonly verdicts: number };
  readonly upgrade: { readonly origin: string; readonly boundTo: string };
  /** How often a container that tried all the time got through while processes came and went. */
  readonly gaps: number;
  readonly tries: number;
  readonly afterUpgrade: string;
  readonly unknownSet: string;
  readonly secondProcess: string;
  readonly afterUnbind: string;
  readonly afterDetach: string;
  readonly scale: {
    readonly loadMs: number;
    readonly bindMs: number;
    readonly memoryMiB: number;
    readonly judged: string;
  };
}

export const SECRET = {
  file: { deny: [{ directory: '/srv/secret', operations: ['read'] }] },
  process: { deny: [{ path: '/opt/tools/one' }] },
};

/** Containers, policies and path rules that are loaded at once. */
export const SCALE = { containers: 200, policies: 50, rules: 1000 };
