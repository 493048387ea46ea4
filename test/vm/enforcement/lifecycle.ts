import { existsSync, readFileSync } from 'node:fs';
import { deserialize } from 'node:v8';
import type { KernelTables } from '@runward/policy';
import { tablesOf } from './policies.js';

/** What {@link file://./run-lifecycle.ts} finds, for the tests that ask it. */
export interface Lifecycle {
  /** '' or what the container could do although it was denied. */
  readonly runningContainer: string;
  readonly afterKill: string;
  readonly takeover: { readonly origin: string; readonly boundTo: string; readonly verdicts: number };
  readonly upgrade: { readonly origin: string; readonly boundTo: string };
  /** Programs of a newer layout beside those in force, and once these are gone. */
  readonly layout: {
    readonly origin: string;
    readonly besidePrevious: string;
    readonly retired: boolean;
    readonly afterPrevious: string;
  };
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
    /** Cgroups that were bound at once, and once the others had been removed. */
    readonly bound: number;
    readonly left: number;
  };
}

export const SECRET = {
  file: { deny: [{ directory: '/srv/secret', operations: ['read'] }] },
  process: { deny: [{ path: '/opt/tools/one' }] },
};

/** Containers, policies and path rules that are loaded at once. */
export const SCALE = { containers: 200, policies: 50, rules: 1000 };

const rules = (policy: number): object => ({
  file: {
    deny: [
      ...Array.from({ length: SCALE.rules }, (_, rule) =>
        rule % 3 === 0
          ? { directory: `/srv/team-${policy}/service-${rule}`, operations: ['read'] }
          : rule % 3 === 1
            ? { path: `/srv/team-${policy}/file-${rule}.conf`, operations: ['read'] }
            : { glob: `/srv/team-${policy}/app-${rule}/*.log`, operations: ['read'] },
      ),
      { directory: '/srv/secret', operations: ['read'] },
    ],
  },
  process: { deny: [{ path: '/opt/tools/one' }] },
});

/** Compiled here, or where there is more power: `file` has them as `v8.serialize` wrote them. */
export function scaleTables(file: string | undefined): readonly KernelTables[] {
  if (file !== undefined && existsSync(file)) return deserialize(readFileSync(file)) as KernelTables[]; // ours
  return Array.from({ length: SCALE.policies }, (_, policy) => tablesOf(rules(policy), `team-${policy}`));
}
