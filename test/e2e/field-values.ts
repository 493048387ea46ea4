/** What fields must say of real events: exercise → event → values. Data: a test runs it. */
import { hostname } from 'node:os';
import type { ContainerOptions } from './harness/index.js';
import { FOREIGN } from './stock-rules/exercise.js';

/** A value, a pattern of its text, or a range. */
export type Expected = string | number | boolean | RegExp | { readonly from: number; readonly to?: number };

export interface FieldCase {
  /** What happens, in the shell of the container. */
  readonly act: string;
  /** Which of its events is meant. */
  readonly event: string;
  readonly values: Readonly<Record<string, Expected>>;
}

export interface FieldGroup {
  readonly runtime: 'runc' | 'docker' | 'containerd-cri';
  readonly container: Omit<ContainerOptions, 'args'>;
  readonly setup?: string;
  readonly cases: readonly FieldCase[];
}

/** Nanoseconds since the epoch are beyond what a JSON number holds, so they are text. */
const ANY_TIME = /^1[6-9]\d{17}$/;
const POSITIVE = { from: 1 };
const OPEN = 'evt.type in (open, openat, openat2)';

const files: readonly FieldCase[] = [
  {
    act: 'exercise open-relative /srv ../etc/passwd',
    event: `${OPEN} and fd.nameraw = "../etc/passwd"`,
    values: {
      'evt.type': /^open/,
      'syscall.type': /^open/,
      'evt.num': POSITIVE,
      'evt.hostname': hostname(),
      'evt.category': 'file',
      'evt.res': 'SUCCESS',
      'evt.rawres': { from: 0 },
      'evt.failed': false,
      'evt.args': /name=\/etc\/passwd flags=\d+\(O_RDONLY/,
      'evt.arg.flags': /O_RDONLY/,
      'evt.arg.name': '/etc/passwd',
      'evt.is_open_read': true,
      'evt.is_open_write': false,
      'evt.is_open_exec': false,
      'evt.reltime': POSITIVE,
      'evt.rawtime': ANY_TIME,
      'fd.num': { from: 3 },
      'fd.type': 'file',
      'fd.typechar': 'f',
      'fd.name': '/etc/passwd',
      'fd.nameraw': '../etc/passwd',
      'fd.directory': '/etc',
      'fd.filename': 'passwd',
      'fd.ino': POSITIVE,
      'fd.is_lower_layer': true,
      'fd.is_upper_layer': false,
      'proc.name': 'exercise',
      'proc.args': 'open-relative /srv ../etc/passwd',
      'proc.args[1]': '/srv',
      'proc.cmdline': 'exercise open-relative /srv ../etc/passwd',
      'proc.exe': 'exercise',
      'proc.exepath': '/usr/local/bin/exercise',
      'proc.cwd': '/srv/',
      'proc.pname': 'sh',
      'proc.pexe': /sh$/,
      'proc.pexepath': '/bin/busybox',
      'proc.pcmdline': /^sh -c /,
      'proc.aname[1]': 'sh',
      'proc.aexe[1]': /sh$/,
      'proc.aexepath[1]': '/bin/busybox',
      'proc.tty': 0,
      'proc.vpid': { from: 2, to: 1e6 },
      'proc.duration': { from: 1, to: 60e9 },
      'proc.ppid.duration': { from: 1, to: 120e9 },
      'proc.sname': 'sh',
      'proc.vpgid.name': 'sh',
      'proc.vpgid.exe': /sh$/,
      'proc.is_vpgid_leader': false,
      'proc.exe_ino.ctime': ANY_TIME,
      'proc.exe_ino.mtime': ANY_TIME,
      'proc.exe_ino.ctime_duration_proc_start': POSITIVE,
      'proc.is_exe_from_memfd': false,
      'proc.is_exe_upper_layer': false,
      'thread.cap_permitted': /CAP_CHOWN/,
      'thread.cap_effective': /CAP_CHOWN/,
      'user.uid': 0,
      'user.name': 'root',
      'user.loginuid': { from: -1 },
      'group.gid': 0,
      'group.name': 'root',
    },
  },
  {
    act: 'exercise open /etc/none',
    event: `${OPEN} and fd.name = /etc/none`,
    values: { 'evt.res': 'ENOENT', 'evt.rawres': { from: -2, to: -2 }, 'evt.failed': true, 'fd.num': -1 },
  },
  {
    act: '/bin/cp /bin/busybox /tmp/program',
    event: `${OPEN} and fd.name = /tmp/program and evt.is_open_write = true`,
    values: {
      'evt.is_open_exec': true,
      'evt.is_open_create': true,
      'fd.is_upper_layer': true,
      'fd.is_lower_layer': false,
    },
  },
  {
    act: 'exercise symlink /etc/hosts /tmp/soft',
    event: 'evt.type in (symlink, symlinkat) and proc.name = exercise',
    values: {
      'evt.arg.target': '/etc/hosts',
      'evt.arg.linkpath': '/tmp/soft',
      'fs.path.source': '/tmp/soft',
      'fs.path.target': '/etc/hosts',
    },
  },
  {
    act: ': >/tmp/a; exercise rename /tmp/a /tmp/b',
    event: 'evt.type in (rename, renameat, renameat2) and evt.arg.newpath = /tmp/b',
    values: { 'evt.arg.oldpath': '/tmp/a', 'evt.arg.newpath': '/tmp/b', 'fs.path.target': '/tmp/b' },
  },
  {
    act: 'exercise chmod /tmp/b 4755',
    event: 'evt.type in (chmod, fchmodat) and proc.name = exercise',
    values: { 'evt.arg.filename': '/tmp/b', 'evt.arg.mode': /S_ISUID/, 'evt.res': 'SUCCESS' },
  },
  {
    act: 'exercise fchmod /tmp/b 755',
    event: 'evt.type = fchmod and proc.name = exercise',
    values: { 'evt.arg.fd': '<f>/tmp/b', 'evt.arg.mode': /S_IXUSR/, 'fs.path.name': '/tmp/b' },
  },
  {
    act: 'exercise mkdir /tmp/folder',
    event: 'evt.type in (mkdir, mkdirat) and evt.arg.path = /tmp/folder',
    values: { 'evt.arg.path': '/tmp/folder', 'fs.path.name': '/tmp/folder' },
  },
];

const processes: readonly FieldCase[] = [
  {
    act: 'MARK=one exercise sleep 700',
    event: 'evt.type in (execve, execveat) and proc.env[MARK] = one',
    values: {
      'proc.env': /MARK=one/,
      'proc.env[MARK]': 'one',
      'proc.aname': /sh/,
      'proc.stdin.type': 'file',
      'proc.stdin.name': '/dev/null',
      'proc.stdout.type': 'pipe',
      'fd.types[0]': 'file',
      'proc.fdopencount': { from: 3, to: 10 },
      'proc.fdlimit': { from: 64 },
      'proc.fdusage': { from: 0.000001, to: 0.5 },
      'proc.vmsize': POSITIVE,
      'proc.vmrss': POSITIVE,
      'proc.vmswap': { from: 0 },
      'proc.nthreads': 1,
      'proc.nchilds': 0,
      'thread.pfminor': POSITIVE,
      'thread.vmrss': POSITIVE,
      'thread.cgroup[memory]': /^\//,
    },
  },
  {
    act: 'exercise memfd-exec /usr/local/bin/exercise sleep 1',
    event: 'evt.type in (execve, execveat) and proc.is_exe_from_memfd = true',
    values: { 'proc.exepath': /memfd/, 'proc.is_exe_upper_layer': false },
  },
  {
    act: 'exercise drop-exec /usr/local/bin/exercise /root/dropped sleep 1',
    event: 'evt.type in (execve, execveat) and proc.is_exe_upper_layer = true',
    values: {
      'proc.exepath': '/root/dropped',
      'evt.arg.flags': /EXE_UPPER_LAYER/,
      'proc.exe_ino.ctime_duration_pidns_start': POSITIVE,
    },
  },
  {
    act: 'exercise -e any bpf 5',
    event: 'evt.type = bpf',
    values: { 'evt.arg.cmd': 'BPF_PROG_LOAD', 'evt.arg.res_or_fd': /^E/ },
  },
  {
    act: 'exercise ptrace-traceme',
    event: 'evt.type = ptrace',
    values: { 'evt.arg.request': 'PTRACE_TRACEME' },
  },
  {
    act: "su nobody -s /bin/sh -c 'exercise -e any setuid 7'",
    event: 'evt.type = setuid and evt.arg.uid = 7',
    values: { 'evt.arg.uid': '7', 'user.name': 'nobody', 'user.uid': 65534, 'evt.res': 'EPERM' },
  },
  {
    act: 'exercise socket packet raw',
    event: 'evt.type = socket and evt.arg.domain contains AF_PACKET',
    values: { 'evt.arg.domain': 'AF_PACKET', 'fd.type': 'packet' },
  },
  {
    act: 'exercise receive 48656c6c6f',
    event: 'evt.type = recvfrom and proc.name = exercise',
    values: {
      'evt.buffer': /Hello|SGVsbG8=|48656c6c6f/,
      'evt.buflen': 5,
      'evt.is_io_read': true,
      'evt.category': 'net',
      'fd.connected': true,
    },
  },
];

const network: readonly FieldCase[] = [
  {
    act: `(exercise bind ${FOREIGN} 7080 &) ; /bin/nc -l -p 443 -e true & sleep 0.3; exercise connect ${FOREIGN} 443`,
    event: 'evt.type = connect and proc.name = exercise and fd.sport = 443',
    values: {
      'fd.name': new RegExp(`^${FOREIGN}:\\d+->${FOREIGN}:443$`),
      'fd.type': 'ipv4',
      'fd.typechar': '4',
      'fd.sockfamily': 'ip',
      'fd.l4proto': 'tcp',
      'fd.sip': FOREIGN,
      'fd.cip': FOREIGN,
      'fd.lip': FOREIGN,
      'fd.rip': FOREIGN,
      'fd.snet': FOREIGN,
      'fd.cnet': FOREIGN,
      'fd.rnet': FOREIGN,
      'fd.ip': new RegExp(FOREIGN),
      'fd.net': new RegExp(FOREIGN),
      'fd.sport': 443,
      'fd.rport': 443,
      'fd.lport': { from: 1024 },
      'fd.cport': { from: 1024 },
      'fd.port': /443/,
      'fd.sproto': 'https',
      'fd.is_server': false,
      'fd.connected': true,
      'fd.name_changed': true,
      'evt.arg.tuple': new RegExp(`->${FOREIGN}:443$`),
    },
  },
  ...['read', 'recv', 'recvfrom', 'recvmsg', 'recvmmsg'].map(
    (way, at): FieldCase => ({
      act: `exercise serve-names 198.51.100.${at} 1 & sleep 0.1; exercise ask-name ${way}.Example.test ${way}; exercise connect-udp 198.51.100.${at} ${5000 + at}`,
      event: `evt.type = connect and fd.rport = ${5000 + at}`,
      values: { 'fd.sip.name': `${way}.example.test`, 'fd.rip.name': `${way}.example.test` },
    }),
  ),
  {
    act: 'exercise connect-udp 127.0.0.1 5555',
    event: 'evt.type = connect and fd.rport = 5555',
    values: { 'fd.sip.name': 'localhost', 'fd.lip.name': 'localhost', 'fd.cip.name': 'localhost' },
  },
  {
    act: '(echo 0 >/proc/self/loginuid; exercise setsid)',
    event: 'evt.type = setsid and proc.name = exercise',
    values: { 'user.loginuid': 0, 'user.loginname': 'root', 'container.privileged': true },
  },
];

export const FIELD_GROUPS: readonly FieldGroup[] = [
  { runtime: 'runc', container: {}, cases: [...files, ...processes] },
  {
    runtime: 'runc',
    container: { privileged: true },
    setup: `ip addr add ${FOREIGN}/32 dev lo; ip route add 198.51.100.0/24 dev lo`,
    cases: network,
  },
  {
    runtime: 'docker',
    container: { mounts: [{ source: '/etc', target: '/mnt', readonly: true }] },
    cases: [
      {
        act: 'exercise sleep 1',
        event: 'evt.type in (execve, execveat) and proc.name = exercise',
        values: {
          'container.id': /^[0-9a-f]{12}$/,
          'container.name': /^rw-/,
          'container.type': 'docker',
          'container.image.repository': /runward\.test\/tools$/,
          'container.privileged': false,
          'container.mounts': /\/etc:\/mnt:[^:]*:false:/,
          'container.mount.dest[/etc]': '/mnt',
          'container.mount.dest[/proc*]': 'N/A',
          'container.mount.source[/mnt]': '/etc',
          'container.start_ts': ANY_TIME,
          'container.duration': { from: 0 },
        },
      },
    ],
  },
  {
    runtime: 'containerd-cri',
    container: {},
    cases: [
      {
        act: 'exercise sleep 1',
        event: 'evt.type in (execve, execveat) and proc.name = exercise',
        values: {
          'k8s.ns.name': 'tests',
          'k8s.pod.name': /^rw-/,
          'k8s.pod.label[app]': 'runward-test',
          'k8s.pod.ip': /^\d+\./,
          'k8s.pod.cni.json': /^\{/,
          'container.cni.json': /^\{/,
          'container.image.repository': /tools/,
        },
      },
    ],
  },
];
