export type AttackGroup = 'run' | 'read' | 'write' | 'network' | 'escape' | 'privilege';

export interface Attack {
  readonly name: string;
  readonly group: AttackGroup;
  readonly what: string;
}

const attack = (group: AttackGroup, name: string, what: string): Attack => ({ name, group, what });

/** What the implant can be ordered to do; the place in the list is its number (implant/attacks.c). */
export const ATTACKS: readonly Attack[] = [
  attack('run', 'shell', 'starts /bin/sh'),
  attack('run', 'download-tool', 'starts curl, which is in the image'),
  attack('run', 'drop-and-run', 'writes a program to /tmp and starts it'),
  attack('run', 'drop-library', 'writes a file to /tmp and maps it as code'),
  attack('run', 'run-from-memory', 'starts a program from a memfd'),
  attack('write', 'trojan-program', 'opens a program of the image for writing'),
  attack('read', 'read-shadow', 'reads /etc/shadow'),
  attack('read', 'read-private-key', 'reads a private key below /etc/ssl/private'),
  attack('read', 'read-account-token', 'reads the service account token of the pod'),
  attack('read', 'read-environment', 'reads /proc/1/environ'),
  attack('write', 'write-cron', 'creates a file in /etc/cron.d'),
  attack('write', 'write-preload', 'creates /etc/ld.so.preload'),
  attack('write', 'write-authorized-keys', 'creates /root/.ssh/authorized_keys'),
  attack('network', 'reverse-connection', 'connects to an address never seen before'),
  attack('network', 'send-datagram', 'sends a datagram to an address never seen before'),
  attack('network', 'open-back-door', 'listens on a port never seen before'),
  attack('network', 'packet-socket', 'opens a packet socket'),
  attack('escape', 'core-pattern', 'opens /proc/sys/kernel/core_pattern for writing'),
  attack('escape', 'sysrq', 'opens /proc/sysrq-trigger for writing'),
  attack('escape', 'release-agent', 'mounts a cgroup hierarchy and opens its release_agent for writing'),
  attack('escape', 'mount', 'mounts a tmpfs'),
  attack('escape', 'bpf', 'creates a BPF map'),
  attack('escape', 'ptrace', 'attaches to another process'),
  attack('escape', 'perf', 'opens a performance counter'),
  attack('escape', 'io-uring', 'sets up an io_uring'),
  attack('escape', 'userfaultfd', 'makes a userfaultfd'),
  attack('escape', 'user-namespace', 'enters a new user namespace'),
  attack('escape', 'setns', 'joins a namespace'),
  attack('escape', 'raw-disk', 'makes a block device and opens it'),
  attack('escape', 'kernel-memory', 'makes /dev/mem anew and opens it'),
  attack('escape', 'load-module', 'offers a kernel module'),
  attack('escape', 'keyctl', 'joins a new session keyring'),
  attack('escape', 'kernel-log', 'reads the kernel log'),
  attack('privilege', 'setuid-program', 'starts su, which is setuid root'),
  attack('privilege', 'change-root', 'calls chroot'),
  attack('privilege', 'set-hostname', 'sets the host name, which takes CAP_SYS_ADMIN'),
];

export type AttackOutcome = 'allowed' | 'denied' | 'killed';

export interface AttackResult {
  readonly name: string;
  readonly outcome: AttackOutcome;
  /** How far it got: the step that failed, or the last. */
  readonly step: string;
  /** errno of a denial, or the signal that killed; 0 when it was allowed. */
  readonly number: number;
}

/** What the implant said of attacks so far, in a server's standard error. */
export function attackResults(stderr: string): AttackResult[] {
  const line = /^.*?implant (\S+) (allowed|denied|killed) (\S+) (\d+)$/gm;
  return [...stderr.matchAll(line)].map(([, name = '', outcome = '', step = '', number]) => ({
    name,
    outcome: outcome === 'allowed' || outcome === 'killed' ? outcome : 'denied',
    step,
    number: Number(number),
  }));
}
