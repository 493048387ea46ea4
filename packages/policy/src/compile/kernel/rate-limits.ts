import type { EffectiveLine, EffectivePolicy } from '../../decide/effective.js';
import { LIMITED, type Limited } from '../../model/policy.js';
import type { KernelLimit } from './tables.js';

const NO_LIMIT: KernelLimit = Object.freeze({ perSecond: 0, line: 0 });

/** Of several policies the lowest counts, of equal ones the first. */
function lowest(lines: readonly EffectiveLine[], limited: Limited): KernelLimit {
  let found = NO_LIMIT;
  for (const { id, terms } of lines) {
    if (terms.kind !== 'limit' || terms.limited !== limited) continue;
    if (found.perSecond === 0 || terms.perSecond < found.perSecond)
      found = { perSecond: terms.perSecond, line: id };
  }
  return found;
}

/** What is only watched is there where it is lower than what is enforced: else it is never reached. */
export function kernelLimits(effective: EffectivePolicy): readonly KernelLimit[] {
  const lines = effective.sections.get('network')?.lines ?? [];
  const enforced = lines.filter(({ mode }) => mode === 'protect');
  return LIMITED.flatMap((limited) => {
    const strict = lowest(enforced, limited);
    const watched = lowest(lines, limited);
    return [strict, watched.line === strict.line ? NO_LIMIT : watched];
  });
}
