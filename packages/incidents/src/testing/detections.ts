import type { Detection } from '@runward/detect';
import { type Sighting, sightingOf } from '../sighting/sighting.js';

export interface Facts {
  readonly atMs?: number;
  readonly rule?: string;
  readonly priority?: Detection['priority'];
  readonly tags?: readonly string[];
  /** null: the host. */
  readonly container?: string | null;
  readonly name?: string;
  readonly image?: string;
  readonly pod?: string;
  readonly pid?: number;
  readonly exe?: string;
  readonly args?: readonly string[];
  readonly output?: string;
  readonly ancestors?: readonly { readonly pid: number; readonly exe: string }[];
  readonly fields?: Detection['output_fields'];
  readonly actions?: Detection['actions'];
  readonly policy?: Detection['policy'];
  readonly source?: string;
  readonly count?: number;
}

const process = (pid: number, exe: string, args: readonly string[] = []): Detection['process'] => ({
  ...{ pid, vpid: pid, name: exe.slice(exe.lastIndexOf('/') + 1), exe, args, cwd: '/', uid: 0, user: 'root' },
});

export const NOON_MS = Date.UTC(2026, 10, 30, 12);

/** A detection of a container, for tests. */
export function testDetection(facts: Facts = {}): Detection {
  const { container = 'c1', exe = '/bin/sh', pod = '' } = facts;
  return {
    time: new Date(NOON_MS + (facts.atMs ?? 0)).toISOString(),
    ...{
      rule: facts.rule ?? 'Shell',
      priority: facts.priority ?? 'Notice',
      source: facts.source ?? 'syscall',
    },
    ...{
      hostname: 'node',
      output: facts.output ?? 'a shell',
      tags: facts.tags ?? ['mitre_execution', 'T1059'],
    },
    output_fields: facts.fields ?? { 'proc.exepath': exe, 'container.image.repository': facts.image ?? '' },
    container:
      container === null
        ? null
        : {
            ...{ id: container, name: facts.name ?? container, runtime: 'runc', image: facts.image ?? '' },
            ...{ imageDigest: '', privileged: false, pod, namespace: pod === '' ? '' : 'prod', problem: '' },
          },
    process: process(facts.pid ?? 100, exe, facts.args),
    ancestors: (facts.ancestors ?? []).map((each) => process(each.pid, each.exe)),
    event: {
      ...{ type: 'execve', number: 1, cpu: 0, callerMemory: false, truncated: false },
      ...{ compat32: false, ioUring: false },
    },
    ...(facts.actions === undefined ? {} : { actions: facts.actions }),
    ...(facts.policy === undefined ? {} : { policy: facts.policy }),
    ...(facts.count === undefined ? {} : { count: facts.count }),
  };
}

export function testSighting(facts: Facts = {}): Sighting {
  const sighting = sightingOf(testDetection(facts));
  if (sighting === undefined) throw new Error('the detection stands for nothing');
  return sighting;
}
