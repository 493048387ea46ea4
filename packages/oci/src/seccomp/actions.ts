/** What the kernel does with a call; the strictest of several filters wins (seccomp(2)). Loosest first. */
const STRICTNESS: readonly string[] = [
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_LOG',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_NOTIFY',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
];

/** An action this version does not know is taken for the strictest: it is kept rather than replaced. */
export function strictness(action: string): number {
  const rank = STRICTNESS.indexOf(action);
  return rank === -1 ? STRICTNESS.length : rank;
}

/** Whether a call with this action may happen, be it that someone else is asked first. */
export const mayHappen = (action: string): boolean => strictness(action) < strictness('SCMP_ACT_ERRNO');

export const ALL_ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};
