/** What exports call the policy of that name, and what the runtime wrapper looks for on a machine. */
export const appArmorName = (policy: string): string => `runward.${policy}`;
/** The block of a CIL module. */
export const seLinuxBlock = (policy: string): string => `runward_${policy.replaceAll(/[^a-z0-9_]/gi, '_')}`;
export const seLinuxType = (policy: string): string => `${seLinuxBlock(policy)}.process`;
