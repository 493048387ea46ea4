import { sysctlPath } from '../change/change.js';
import { absent, type HardenCheck, hard, type Severity, weak } from './check.js';

interface Setting {
  readonly name: string;
  readonly severity: Severity;
  readonly title: string;
  readonly why: string;
  /** Values that are hard. */
  readonly isHard: (value: number) => boolean;
  readonly value: string;
  /** Set by `harden apply`: breaks nothing that runs, and can be taken back while the machine runs. */
  readonly isSafe: boolean;
  /** Why it is not. */
  readonly care?: string;
}

const atLeast =
  (least: number) =>
  (value: number): boolean =>
    value >= least;
const is =
  (...values: readonly number[]) =>
  (value: number): boolean =>
    values.includes(value);

// biome-ignore format: a table reads best as a table
const SETTINGS: readonly Setting[] = [
  { name: 'kernel.unprivileged_bpf_disabled', severity: 'high', title: 'BPF without privileges', why: 'anybody may hand programs to the verifier, whose faults are ways into the kernel', isHard: is(1, 2), value: '2', isSafe: true },
  { name: 'kernel.unprivileged_userns_clone', severity: 'medium', title: 'user namespaces without privileges', why: 'anybody gets at parts of the kernel that were written for root', isHard: is(0), value: '0', isSafe: false, care: 'rootless containers and sandboxes of browsers need them' },
  { name: 'user.max_user_namespaces', severity: 'low', title: 'number of user namespaces', why: 'anybody gets at parts of the kernel that were written for root', isHard: is(0), value: '0', isSafe: false, care: 'rootless containers, and user namespaces of pods, need them' },
  { name: 'kernel.kptr_restrict', severity: 'medium', title: 'addresses of the kernel', why: 'addresses make faults of the kernel usable', isHard: atLeast(1), value: '1', isSafe: true },
  { name: 'kernel.dmesg_restrict', severity: 'medium', title: 'log of the kernel', why: 'the log tells addresses and what the host is made of', isHard: atLeast(1), value: '1', isSafe: true },
  { name: 'kernel.yama.ptrace_scope', severity: 'medium', title: 'reading the memory of other processes', why: 'one process of a user reads the secrets of all others', isHard: atLeast(1), value: '1', isSafe: true },
  { name: 'kernel.perf_event_paranoid', severity: 'medium', title: 'performance events without privileges', why: 'they show what other processes do, and had many faults', isHard: atLeast(2), value: '2', isSafe: true },
  { name: 'kernel.randomize_va_space', severity: 'high', title: 'random addresses of programs', why: 'faults of programs are usable where addresses are known', isHard: is(2), value: '2', isSafe: true },
  { name: 'kernel.kexec_load_disabled', severity: 'medium', title: 'another kernel by kexec', why: 'root replaces the kernel by one that checks nothing', isHard: is(1), value: '1', isSafe: false, care: 'it cannot be taken back before the next start, and crash dumps need kexec before' },
  { name: 'kernel.sysrq', severity: 'low', title: 'the magic key', why: 'whoever reaches a console ends processes and dumps memory', isHard: is(0, 4, 16, 20, 176, 180, 438), value: '176', isSafe: false, care: 'operators may rely on it' },
  { name: 'kernel.io_uring_disabled', severity: 'medium', title: 'io_uring', why: 'it does work past filters of system calls, and had many faults', isHard: atLeast(1), value: '1', isSafe: false, care: 'databases and storage programs use it' },
  { name: 'kernel.panic_on_oops', severity: 'low', title: 'going on after a fault of the kernel', why: 'an attack on the kernel may be tried again and again', isHard: is(1), value: '1', isSafe: false, care: 'a fault of a driver ends the machine then' },
  { name: 'vm.unprivileged_userfaultfd', severity: 'medium', title: 'page faults handled without privileges', why: 'they make races of the kernel winnable', isHard: is(0), value: '0', isSafe: true },
  { name: 'vm.mmap_min_addr', severity: 'high', title: 'lowest address of programs', why: 'a null pointer of the kernel points into the memory of a process', isHard: atLeast(4096), value: '65536', isSafe: true },
  { name: 'net.core.bpf_jit_harden', severity: 'medium', title: 'hardening of compiled BPF', why: 'constants of programs become code of the kernel', isHard: atLeast(1), value: '1', isSafe: true },
  { name: 'dev.tty.ldisc_autoload', severity: 'low', title: 'line disciplines loaded by anybody', why: 'old drivers with faults are loaded by who asks for them', isHard: is(0), value: '0', isSafe: true },
  { name: 'dev.tty.legacy_tiocsti', severity: 'medium', title: 'typing into the terminal of others', why: 'what runs on a terminal types commands for who owns it', isHard: is(0), value: '0', isSafe: true },
  { name: 'fs.protected_hardlinks', severity: 'medium', title: 'hard links to files of others', why: 'a privileged program is led to another file', isHard: is(1), value: '1', isSafe: true },
  { name: 'fs.protected_symlinks', severity: 'medium', title: 'links in shared folders', why: 'a privileged program is led to another file', isHard: is(1), value: '1', isSafe: true },
  { name: 'fs.protected_fifos', severity: 'low', title: 'pipes in shared folders', why: 'a privileged program writes to somebody else', isHard: atLeast(1), value: '1', isSafe: true },
  { name: 'fs.protected_regular', severity: 'low', title: 'files in shared folders', why: "a privileged program writes to somebody else's file", isHard: atLeast(1), value: '1', isSafe: true },
  { name: 'fs.suid_dumpable', severity: 'medium', title: 'dumps of privileged programs', why: 'their memory is left where others read it', isHard: is(0, 2), value: '0', isSafe: true },
  { name: 'net.ipv4.tcp_syncookies', severity: 'medium', title: 'SYN cookies', why: 'a flood of connections keeps everybody out', isHard: atLeast(1), value: '1', isSafe: true },
  { name: 'net.ipv4.icmp_echo_ignore_broadcasts', severity: 'low', title: 'answers to broadcasts', why: 'the host amplifies floods against others', isHard: is(1), value: '1', isSafe: true },
  { name: 'net.ipv4.conf.all.accept_source_route', severity: 'medium', title: 'routes chosen by senders', why: 'packets go round what is to filter them', isHard: is(0), value: '0', isSafe: true },
  { name: 'net.ipv4.conf.all.accept_redirects', severity: 'medium', title: 'redirects that are believed', why: 'a neighbour takes over traffic', isHard: is(0), value: '0', isSafe: true },
  { name: 'net.ipv6.conf.all.accept_redirects', severity: 'medium', title: 'redirects that are believed (IPv6)', why: 'a neighbour takes over traffic', isHard: is(0), value: '0', isSafe: true },
  { name: 'net.ipv6.conf.all.accept_source_route', severity: 'medium', title: 'routes chosen by senders (IPv6)', why: 'packets go round what is to filter them', isHard: (value) => value <= 0, value: '0', isSafe: true },
  { name: 'net.ipv4.conf.all.rp_filter', severity: 'low', title: 'packets from where they cannot come', why: 'senders pretend to be others', isHard: is(1, 2), value: '2', isSafe: false, care: 'some network plug-ins of containers need it off' },
  { name: 'net.ipv4.conf.all.route_localnet', severity: 'high', title: 'loopback reached from the network', why: 'what listens for this host alone is reached by its neighbours', isHard: is(0), value: '0', isSafe: false, care: 'kube-proxy turns it on for node ports on loopback' },
];

/** Each a setting of the running kernel. */
export const SYSCTL_CHECKS: readonly HardenCheck[] = SETTINGS.map(
  ({ name, severity, title, why, isHard, value, isSafe, care }) => ({
    ...{ id: `sysctl-${name}`, severity, title, why },
    examine: (host) => {
      const text = host.read(sysctlPath(name))?.trim();
      if (text === undefined || !/^-?\d+$/.test(text)) return absent(`this kernel has no ${name}`);
      const found = `${name} = ${text}`;
      if (isHard(Number(text))) return hard(found);
      const mend = `sysctl -w ${name}=${value}${care === undefined ? '' : `, with care: ${care}`}`;
      return weak(found, mend, isSafe ? { kind: 'sysctl', name, value } : undefined);
    },
  }),
);
