import type { Enforcement, EnforcementOptions } from '@runward/enforce';

interface Entry {
  readonly openEnforcement: (options: EnforcementOptions) => Promise<Enforcement>;
  readonly detachAll: (pinFolder?: string) => boolean;
}

/** @throws Error in a build without enforcement in the kernel */
export async function kernelEntry(): Promise<Entry> {
  const room: object = await import('@runward/enforce');
  if ('openEnforcement' in room && 'detachAll' in room) return room as Entry; // what the room says of them
  throw new Error('this build has no enforcement in the kernel');
}
