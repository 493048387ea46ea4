import type { SectionName } from '@runward/policy';
import type { KernelHandle } from '@runward/policy/model';
import type { Mechanism } from '../ability.js';

/** How a program is attached; `lsm` and `cgroup` only where that mechanism is used, `packet` to the root cgroup too. */
export type AttachPoint = 'trace' | 'lsm' | 'cgroup' | 'packet' | 'iterator';

/** One program of bpf/enforce.bpf.c. */
export interface EnforceProgram {
  readonly name: string;
  readonly attach: AttachPoint;
  /** Function of the kernel it hangs on, where some kernels lack it. */
  readonly hook?: string;
  /** The kernel may lack what it hangs on; `missing` says then what is not enforced. */
  readonly missing?: string;
}

// biome-ignore format: a table reads best as a table
export const PROGRAMS: readonly EnforceProgram[] = [
  { name: 'rw_enforce_exec', attach: 'trace' },
  { name: 'rw_enforce_fork', attach: 'trace' },
  { name: 'rw_enforce_cgroup_mkdir', attach: 'trace' },
  { name: 'rw_enforce_cgroup_rmdir', attach: 'trace' },
  { name: 'rw_enforce_cgroup_attach', attach: 'trace' },
  { name: 'rw_mark_members', attach: 'iterator' },
  { name: 'rw_name_files', attach: 'iterator' },
  { name: 'rw_denied_sockets', attach: 'iterator', missing: 'connections that a new policy denies and by which nothing is sent' },
  { name: 'rw_task_alloc', attach: 'lsm' },
  { name: 'rw_bprm_check', attach: 'lsm' },
  { name: 'rw_mmap_file', attach: 'lsm' },
  { name: 'rw_file_mprotect', attach: 'lsm' },
  { name: 'rw_file_open', attach: 'lsm' },
  { name: 'rw_file_receive', attach: 'lsm' },
  { name: 'rw_path_unlink', attach: 'lsm' },
  { name: 'rw_path_rmdir', attach: 'lsm' },
  { name: 'rw_path_mkdir', attach: 'lsm' },
  { name: 'rw_path_mknod', attach: 'lsm' },
  { name: 'rw_path_symlink', attach: 'lsm' },
  { name: 'rw_path_truncate', attach: 'lsm' },
  { name: 'rw_path_chmod', attach: 'lsm' },
  { name: 'rw_path_chown', attach: 'lsm' },
  { name: 'rw_path_rename', attach: 'lsm' },
  { name: 'rw_path_link', attach: 'lsm' },
  { name: 'rw_sb_mount', attach: 'lsm' },
  { name: 'rw_move_mount', attach: 'lsm' },
  { name: 'rw_sb_pivotroot', attach: 'lsm' },
  { name: 'rw_socket_create', attach: 'lsm' },
  { name: 'rw_socket_connect', attach: 'lsm' },
  { name: 'rw_socket_bind', attach: 'lsm' },
  { name: 'rw_socket_sendmsg', attach: 'lsm' },
  { name: 'rw_socket_listen', attach: 'lsm' },
  { name: 'rw_kernel_read_file', attach: 'lsm' },
  { name: 'rw_kernel_load_data', attach: 'lsm' },
  { name: 'rw_bpf', attach: 'lsm' },
  { name: 'rw_perf_event_open', attach: 'lsm' },
  { name: 'rw_anonymous_inode', attach: 'lsm' },
  { name: 'rw_surface_mount', attach: 'lsm' },
  { name: 'rw_surface_move_mount', attach: 'lsm' },
  { name: 'rw_surface_umount', attach: 'lsm' },
  { name: 'rw_surface_pivot_root', attach: 'lsm' },
  { name: 'rw_surface_clone', attach: 'lsm' },
  { name: 'rw_key_alloc', attach: 'lsm' },
  { name: 'rw_key_permission', attach: 'lsm' },
  { name: 'rw_syslog', attach: 'lsm' },
  { name: 'rw_ptrace_access_check', attach: 'lsm' },
  { name: 'rw_ptrace_traceme', attach: 'lsm' },
  { name: 'rw_task_kill', attach: 'lsm' },
  { name: 'rw_unix_stream_connect', attach: 'lsm' },
  { name: 'rw_surface_open', attach: 'lsm' },
  { name: 'rw_surface_mkdir', attach: 'lsm' },
  { name: 'rw_surface_rmdir', attach: 'lsm' },
  { name: 'rw_surface_rename', attach: 'lsm' },
  { name: 'rw_userns_create', attach: 'lsm', hook: 'bpf_lsm_userns_create', missing: 'new user namespaces' },
  { name: 'rw_capable', attach: 'lsm' },
  { name: 'rw_uring_override_creds', attach: 'lsm', hook: 'bpf_lsm_uring_override_creds', missing: 'requests of io_uring with the rights of another process' },
  { name: 'rw_bprm_creds', attach: 'lsm' },
  { name: 'rw_root_open', attach: 'lsm' },
  { name: 'rw_root_unlink', attach: 'lsm' },
  { name: 'rw_root_rmdir', attach: 'lsm' },
  { name: 'rw_root_mkdir', attach: 'lsm' },
  { name: 'rw_root_mknod', attach: 'lsm' },
  { name: 'rw_root_symlink', attach: 'lsm' },
  { name: 'rw_root_rename', attach: 'lsm' },
  { name: 'rw_root_link', attach: 'lsm' },
  { name: 'rw_root_truncate', attach: 'lsm' },
  { name: 'rw_root_chmod', attach: 'lsm' },
  { name: 'rw_root_chown', attach: 'lsm' },
  { name: 'rw_cgroup_connect4', attach: 'cgroup', missing: 'connections over IPv4' },
  { name: 'rw_cgroup_connect6', attach: 'cgroup', missing: 'connections over IPv6' },
  { name: 'rw_cgroup_sendmsg4', attach: 'cgroup', missing: 'datagrams sent to an IPv4 address' },
  { name: 'rw_cgroup_sendmsg6', attach: 'cgroup', missing: 'datagrams sent to an IPv6 address' },
  { name: 'rw_cgroup_bind4', attach: 'cgroup', missing: 'binding IPv4 addresses' },
  { name: 'rw_cgroup_bind6', attach: 'cgroup', missing: 'binding IPv6 addresses' },
  { name: 'rw_cgroup_sock_create', attach: 'cgroup' },
  { name: 'rw_cgroup_device', attach: 'cgroup', missing: 'devices' },
  { name: 'rw_cgroup_setting', attach: 'cgroup', missing: 'settings below /proc/sys' },
  { name: 'rw_socket_made', attach: 'packet', missing: 'which container made a socket' },
  { name: 'rw_packet_in', attach: 'packet', missing: 'connections from elsewhere (`accept`), and what was connected before the policy' },
  { name: 'rw_packet_out', attach: 'packet', missing: 'what raw sockets and sockets of other containers send, and limits of what is sent' },
];

/** One way a section can be enforced. */
export interface SectionWay {
  readonly mechanism: Mechanism;
  /** Programs it cannot do without. */
  readonly needs: readonly string[];
  /** Programs it has besides, each with the limit there is without it. */
  readonly uses?: readonly string[];
  readonly limits: readonly string[];
  /** It enforces these handles of the section and no others. */
  readonly handles?: readonly KernelHandle[];
}

const KILLS = [
  'a program is ended before its first instruction instead of being refused: its parent sees a process that was killed',
  'a script is judged as its interpreter with its arguments',
  'programs a loader (ld.so) is told to run are not seen',
] as const;

const SURFACE = [
  'rw_kernel_read_file',
  'rw_kernel_load_data',
  'rw_bpf',
  'rw_perf_event_open',
  'rw_anonymous_inode',
  'rw_surface_mount',
  'rw_surface_move_mount',
  'rw_surface_umount',
  'rw_surface_pivot_root',
  'rw_surface_clone',
  'rw_key_alloc',
  'rw_key_permission',
  'rw_syslog',
  'rw_ptrace_access_check',
  'rw_ptrace_traceme',
  'rw_task_kill',
  'rw_unix_stream_connect',
  'rw_surface_open',
  'rw_surface_mkdir',
  'rw_surface_rmdir',
  'rw_surface_rename',
];

const PACKETS = ['rw_socket_made', 'rw_packet_in', 'rw_packet_out', 'rw_denied_sockets'];

const ROOT_WRITES = [
  'open',
  'unlink',
  'rmdir',
  'mkdir',
  'mknod',
  'symlink',
  'rename',
  'link',
  'truncate',
  'chmod',
  'chown',
].map((name) => `rw_root_${name}`);

/** Tried in this order; the first whose programs are all there is used. */
export const SECTION_WAYS: Readonly<Record<SectionName, readonly SectionWay[]>> = {
  process: [
    {
      mechanism: 'lsm',
      needs: ['rw_bprm_check', 'rw_mmap_file', 'rw_file_mprotect', 'rw_task_alloc', 'rw_enforce_exec'],
      limits: [
        'lines with `arguments` end the program before its first instruction instead of refusing it: the arguments are known only then',
      ],
    },
    { mechanism: 'kill-at-exec', needs: ['rw_enforce_exec', 'rw_enforce_fork'], limits: KILLS },
  ],
  file: [
    {
      mechanism: 'lsm',
      needs: [
        'rw_file_open', 'rw_file_receive', 'rw_path_unlink', 'rw_path_rmdir', 'rw_path_mkdir', 'rw_path_mknod',
        'rw_path_symlink', 'rw_path_truncate', 'rw_path_chmod', 'rw_path_chown', 'rw_path_rename', 'rw_path_link',
        'rw_sb_mount', 'rw_move_mount', 'rw_sb_pivotroot', 'rw_mmap_file', 'rw_file_mprotect', 'rw_task_alloc',
      ], // biome-ignore format: names
      limits: [
        'files that were open before the policy was bound stay open',
        'reading attributes, extended attributes and links is not judged',
      ],
    },
  ],
  network: [
    {
      mechanism: 'lsm',
      needs: [
        'rw_socket_create',
        'rw_socket_connect',
        'rw_socket_bind',
        'rw_socket_sendmsg',
        'rw_socket_listen',
      ],
      uses: PACKETS,
      limits: [],
    },
    {
      mechanism: 'cgroup',
      needs: [
        'rw_cgroup_connect4',
        'rw_cgroup_connect6',
        'rw_cgroup_bind4',
        'rw_cgroup_bind6',
        'rw_cgroup_sock_create',
      ],
      uses: ['rw_cgroup_sendmsg4', 'rw_cgroup_sendmsg6', ...PACKETS],
      limits: [
        'only IPv4 and IPv6: Unix, netlink and packet sockets are not seen',
        'listening is not seen, binding is',
        'MPTCP and SCTP connect unseen: creating their sockets cannot be judged, and `onFailure` decides',
        'a process moved out of the cgroups of its container is not judged',
        '`response: kill` denies and does not kill',
      ],
    },
  ],
  capabilities: [
    {
      mechanism: 'lsm',
      needs: ['rw_capable', 'rw_task_alloc', 'rw_enforce_exec'],
      uses: ['rw_uring_override_creds'],
      limits: [
        'what the kernel asks for only to show more or less is denied, but neither counted nor reported',
      ],
    },
  ],
  syscalls: [],
  kernelSurface: [
    {
      mechanism: 'lsm',
      needs: [...SURFACE, 'rw_capable', 'rw_task_alloc', 'rw_enforce_exec'],
      uses: ['rw_userns_create'],
      limits: ['descriptors a process was given, or had before the policy was bound, are not judged again'],
    },
    {
      mechanism: 'cgroup',
      needs: ['rw_cgroup_device', 'rw_cgroup_setting'],
      limits: [
        'settings below /proc/sys are denied when they are written, not when they are opened',
        'a process moved out of the cgroups of its container is not judged',
      ],
      handles: ['raw-devices', 'core-pattern', 'modprobe-path', 'sysctl'],
    },
  ],
  privilege: [
    {
      mechanism: 'lsm',
      needs: ['rw_bprm_creds', ...ROOT_WRITES, 'rw_task_alloc', 'rw_enforce_exec'],
      limits: ['times and extended attributes of files on the root can be set'],
    },
  ],
};
