import { readFileSync } from 'node:fs';

const LIST = '/sys/kernel/security/lsm';

/** Why LSM programs would not be asked by this kernel; '' when they are. */
export function lsmProblem(read: (path: string) => string = (path) => readFileSync(path, 'utf8')): string {
  let list: string;
  try {
    list = read(LIST);
  } catch {
    return `the security modules of the kernel are not known: \`${LIST}\` cannot be read (mount securityfs)`;
  }
  if (list.trim().split(',').includes('bpf')) return '';
  return `the kernel was not started with BPF among its security modules (\`lsm=…,bpf\`; they are ${list.trim()})`;
}
