import { type Mode, type RuntimePolicy, SECTIONS } from './policy.js';

/** The policy with the sections that are in monitor or protect in one of the two; the others have no part in it. */
export function inMode(policy: RuntimePolicy, mode: Extract<Mode, 'monitor' | 'protect'>): RuntimePolicy {
  const changed = SECTIONS.flatMap((name) => {
    const section = policy[name];
    const active = section?.mode === 'monitor' || section?.mode === 'protect';
    return active ? [[name, { ...section, mode }] as const] : [];
  });
  const { trust } = policy;
  const judged = trust?.mode === 'monitor' || trust?.mode === 'protect' ? { trust: { ...trust, mode } } : {};
  return { ...policy, ...Object.fromEntries(changed), ...judged };
}
