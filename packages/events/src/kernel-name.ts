/** Calls whose events have a shorter name than the kernel gives them. */
const KERNEL_NAMES: Readonly<Record<string, string>> = { pread: 'pread64', pwrite: 'pwrite64' };

/** The name a system call has in the kernel and in policies. */
export const kernelNameOf = (eventType: string): string => KERNEL_NAMES[eventType] ?? eventType;
