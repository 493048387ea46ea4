import type { EffectiveLine } from '../../decide/effective.js';
import { KERNEL_SURFACE, type KernelHandle } from '../../model/policy.js';
import { HANDLES } from '../../model/surface-means.js';
import type { Shortfalls } from '../export/exported.js';
import { denialOfName, type ExportSubject } from '../export/subject.js';

export interface DeniedHandle {
  readonly name: KernelHandle;
  readonly line: EffectiveLine;
}

/** What the denied handles of the kernel mean for system calls. */
export interface DeniedHandles {
  /** Calls that are a handle and nothing else. */
  readonly calls: ReadonlyMap<string, DeniedHandle>;
  /** Bits that the first argument of `clone` and `unshare` must not have. */
  readonly flags: number;
  readonly flagsLine: EffectiveLine | undefined;
}

export function deniedHandles(subject: ExportSubject, shortfalls: Shortfalls): DeniedHandles {
  const calls = new Map<string, DeniedHandle>();
  const unsaid: DeniedHandle[] = [];
  let flags = 0n;
  let flagsLine: EffectiveLine | undefined;
  for (const name of KERNEL_SURFACE) {
    const line = denialOfName(subject, 'kernelSurface', name);
    if (line === undefined) continue;
    const means = HANDLES[name];
    for (const call of means?.syscalls ?? []) if (!calls.has(call)) calls.set(call, { name, line });
    if (means?.namespaceFlags !== undefined) {
      flags |= BigInt(means.namespaceFlags);
      flagsLine ??= line;
    }
    if (means?.syscalls === undefined && means?.namespaceFlags === undefined) unsaid.push({ name, line });
  }
  const what = `${unsaid.map(({ name }) => name).join(', ')}, which are files`;
  for (const { line } of unsaid) shortfalls.wider(line, what);
  return { calls, flags: Number(flags), flagsLine };
}
