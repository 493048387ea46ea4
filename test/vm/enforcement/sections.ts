/** What the sections are held against: what is tried under which policies, and what is to come of it. */

import type { PacketResults } from './packets.js';

/** How each attempt went: `ok`, a name of errno, `absent` or `killed`. */
export type Outcomes = Readonly<Record<string, string>>;
export type Verdict = readonly [attempt: string, operation: string, outcome: string, object: string];
export interface Judged {
  readonly outcomes: Outcomes;
  readonly verdicts: readonly Verdict[];
}
/** What an ordinary container said, free and under a policy; what came of attacks there. */
export interface Ordinary {
  readonly free: OrdinaryRun;
  readonly held: OrdinaryRun & { readonly verdicts: readonly Verdict[] };
  /** Verdicts of a first time under the policy, when there were any. */
  readonly before?: readonly Verdict[];
}
export interface OrdinaryRun {
  /** Of each of {@link ORDINARY}. */
  readonly said: readonly string[];
  readonly attacks: Outcomes;
}
/** What {@link file://./run-sections.ts} finds. */
export interface SectionResults {
  readonly packets: PacketResults;
  readonly network: { readonly before: Outcomes; readonly denied: Judged; readonly beside: Outcomes };
  readonly capabilities: {
    readonly before: Outcomes;
    readonly denied: Judged;
    readonly override: Judged;
    readonly listed: Judged;
    readonly beside: Outcomes;
  };
  readonly privilege: {
    readonly programs: Outcomes;
    readonly setuid: Judged;
    readonly gained: Judged;
    readonly readOnly: Judged;
    readonly files: Outcomes;
  };
  readonly code: { readonly before: Outcomes; readonly denied: Judged };
  readonly baseline: Ordinary;
  readonly restricted: Ordinary;
  readonly surface: {
    readonly before: Outcomes;
    readonly denied: Judged;
    readonly beside: Outcomes;
    readonly allowed: Judged;
    readonly killed: Judged;
  };
}

/** What the kernel surface section calls each attempt; those that are no handle at all are not here. */
// biome-ignore format: a table reads best as a table
export const HANDLES: Readonly<Record<string, string>> = {
  init_module: 'modules', finit_module: 'modules', delete_module: 'modules', bpf: 'bpf',
  ptrace_attach: 'ptrace', ptrace_traceme: 'ptrace', process_vm: 'ptrace', proc_mem: 'ptrace', pidfd_getfd: 'ptrace',
  perf: 'perf', userfaultfd: 'userfaultfd',
  mount_tmpfs: 'mount', bind_mount: 'mount', remount: 'mount', umount: 'mount', fsopen: 'mount', open_tree_clone: 'mount',
  fspick: 'mount', mount_setattr: 'mount', move_mount: 'mount', pivot_root: 'pivot-root',
  setns_own: 'setns', setns_pidfd: 'setns',
  unshare_user: 'unshare-user', clone_user: 'unshare-user', clone3_user: 'unshare-user',
  unshare_uts: 'unshare', unshare_mount: 'unshare', clone_uts: 'unshare', clone3_time: 'unshare',
  io_uring: 'io-uring', add_key: 'keyctl', join_keyring: 'keyctl', describe_keyring: 'keyctl',
  kexec_load: 'kexec', kexec_file: 'kexec', block_device: 'raw-devices', dev_mem: 'kernel-memory', kcore: 'kernel-memory',
  core_pattern: 'core-pattern', core_pattern_truncate: 'core-pattern', core_pattern_second_proc: 'core-pattern',
  core_pattern_by_root_link: 'core-pattern', modprobe_path: 'modprobe-path',
  sysrq: 'sysrq', sysrq_trigger: 'sysrq', sysctl: 'sysctl', release_agent: 'release-agent',
  cgroup_procs: 'cgroup-files', cgroup_mkdir: 'cgroup-files', binfmt_misc: 'binfmt-misc',
  syslog: 'kernel-log', dev_kmsg: 'kernel-log', proc_kmsg: 'kernel-log', signal_outside: 'signal-outside',
  root_outside: 'host-process-files', environ_outside: 'host-process-files', runtime_socket: 'runtime-socket',
};
/** What the kernel makes of a denial where it does not hand it on as it is. */
export const OTHERWISE: Readonly<Record<string, string>> = {
  ...{ proc_mem: 'EACCES', root_outside: 'EACCES', environ_outside: 'EACCES', describe_keyring: 'ENOKEY' },
};
export const NO_HANDLES = ['core_pattern_read', 'signal_inside', 'exists_outside', 'root_inside', 'stat_outside', 'dev_null']; // biome-ignore format: a list

export const NETWORK = `network:
  mode: protect
  deny:
    - { operation: connect, cidrs: [127.0.0.2] }
    - { operation: connect, cidrs: ["::1"], ports: [7001] }
    - { operation: bind, cidrs: [127.0.0.2] }
    - { operation: listen, cidrs: [127.0.0.4] }
    - { operation: create, protocols: [raw] }
    - { operation: create, families: [packet] }
    - { operation: connect, families: [unix] }
`;
// biome-ignore format: a list
export const NETWORK_DENIED = [
  'tcp4', 'tcp_mapped', 'tcp6', 'tcp6_any', 'udp4', 'udp6_to_4', 'udp_sendto', 'udp_sendto_no_family', 'mptcp',
  'udp_sendto_mapped', 'udp_sendto6', 'udp_sendmmsg', 'fast_open', 'passed_socket', 'uring_connect',
  'bind_denied', 'bind_mapped', 'bind_all', 'bind_all6', 'listen_denied', 'raw', 'packet', 'unix_stream', 'unix_datagram',
];

export const CAPABILITY_ATTEMPTS = ['chown_file', 'chroot_here', 'set_hostname', 'override_mode'];
export const PRIVILEGE_PROGRAMS = ['setuid_program', 'setuid_program_as_root', 'plain_program'];
/** What is left to do where the root may not be written. */
export const NOT_OF_ROOT = ['root_read', 'mount_write', 'volume_write'];
export const CODE_ATTEMPTS = ['anonymous_code', 'anonymous_protect', 'code_of_file'];

/** What ordinary containers do. */
export const ORDINARY = [
  'cd /tmp && echo 1 >a && cat a && cp a b && mv b c && chmod 600 c && ln -s c d && rm d c a',
  'mkdir -p /tmp/x/y && rm -r /tmp/x',
  'ps >/dev/null && id -u && date +%Y',
  'mkdir -p /var/lib && echo text >/var/lib/state && cat /var/lib/state && rm /var/lib/state',
  'cat /etc/passwd /proc/self/status /proc/sys/kernel/hostname >/dev/null',
  'sleep 30 & kill $!; wait $!; true',
  'echo page | nc -l -p 80 & sleep 1; nc -w 2 127.0.0.1 80 </dev/null; kill $! 2>/dev/null; true',
];
/** And what they do not, though any container may. */
export const ATTACKS = ['unshare_user', 'io_uring', 'add_key'];
