/** How each rule of Falco's stable file is made to fire. Data: a test runs it, docs/conformance.md shows it. */
import { existsSync } from 'node:fs';
import { as, type Exercise, FOREIGN, shell } from './exercise.js';

const LISTEN = `ip addr add ${FOREIGN}/32 dev lo && (nc -l -p 443 -e true &) && sleep 0.2`;
/** The ssh of the machine the test runs on, with the libraries it is linked to. */
const SSH_MOUNTS = [
  { source: '/usr/bin/ssh', target: '/usr/bin/ssh', readonly: true },
  { source: '/lib', target: '/lib', readonly: true },
  ...(existsSync('/lib64') ? [{ source: '/lib64', target: '/lib64', readonly: true }] : []),
];

export const STABLE: readonly Exercise[] = [
  {
    rule: 'Directory traversal monitored file read',
    does: 'opens `/srv/../../etc/passwd`',
    runtime: 'runc',
    container: { args: ['exercise', 'open', '/srv/../../etc/passwd'] },
    fields: { 'fd.name': '/etc/passwd', 'fd.nameraw': '/srv/../../etc/passwd', 'proc.name': 'exercise' },
  },
  {
    rule: 'Read sensitive file trusted after startup',
    does: 'a program called `nginx` opens `/etc/shadow` when it is 5.2 s old',
    runtime: 'runc',
    container: { args: as('nginx', 'after 5200 open /etc/shadow') },
    fields: { 'fd.name': '/etc/shadow', 'proc.name': 'nginx', 'proc.exepath': '/tmp/nginx' },
  },
  {
    rule: 'Read sensitive file untrusted',
    does: '`cat /etc/shadow`',
    runtime: 'podman',
    container: { args: ['cat', '/etc/shadow'] },
    fields: { 'fd.name': '/etc/shadow', 'proc.name': 'cat', 'proc.cmdline': 'cat /etc/shadow' },
  },
  {
    rule: 'Run shell untrusted',
    does: 'a program called `httpd` runs `sh -c id`',
    runtime: 'runc',
    container: { args: as('httpd', 'spawn sh -c id') },
    fields: {
      'proc.name': 'sh',
      'proc.pname': 'httpd',
      'proc.pexepath': '/tmp/httpd',
      'proc.cmdline': 'sh -c id',
    },
  },
  {
    rule: 'System user interactive',
    does: 'below a program called `sshd`, `su` runs `id` as nobody',
    runtime: 'runc',
    container: { args: as('sshd', 'spawn su nobody -s /bin/sh -c id') },
    fields: { 'user.name': 'nobody', 'user.uid': 65534, 'proc.cmdline': 'sh -c id' },
  },
  {
    rule: 'Terminal shell in container',
    does: 'a container whose first program is a shell on a terminal',
    runtime: 'runc',
    container: { args: shell('tty'), tty: true },
    fields: { 'proc.name': 'sh', 'proc.cmdline': 'sh -c tty' },
  },
  {
    rule: 'Netcat Remote Code Execution in Container',
    does: '`nc 127.0.0.1 9 -e /bin/true`',
    runtime: 'runc',
    container: { args: ['nc', '127.0.0.1', '9', '-e', '/bin/true'] },
    fields: { 'proc.name': 'nc', 'proc.cmdline': 'nc 127.0.0.1 9 -e /bin/true' },
  },
  {
    rule: 'Search Private Keys or Passwords',
    does: '`find /root -name id_rsa`',
    runtime: 'runc',
    container: { args: ['find', '/root', '-name', 'id_rsa'] },
    fields: { 'proc.name': 'find', 'proc.cmdline': 'find /root -name id_rsa' },
  },
  {
    rule: 'Clear Log Activities',
    does: 'a shell empties `/var/log/auth.log`',
    runtime: 'docker',
    container: { args: shell('echo line >/var/log/auth.log && : >/var/log/auth.log') },
    fields: { 'fd.name': '/var/log/auth.log', 'proc.name': 'sh' },
  },
  {
    rule: 'Remove Bulk Data from Disk',
    does: '`shred` of a file in its own layer',
    runtime: 'runc',
    container: { args: ['shred', '-n', '1', '/etc/nsswitch.conf'] },
    fields: { 'proc.name': 'shred', 'proc.cmdline': 'shred -n 1 /etc/nsswitch.conf' },
  },
  {
    rule: 'Create Symlink Over Sensitive Files',
    does: '`ln -s /etc/shadow /tmp/link`',
    runtime: 'runc',
    container: { args: ['ln', '-s', '/etc/shadow', '/tmp/link'] },
    fields: { 'evt.arg.target': '/etc/shadow', 'evt.arg.linkpath': '/tmp/link', 'proc.name': 'ln' },
  },
  {
    rule: 'Create Hardlink Over Sensitive Files',
    does: '`ln /etc/shadow /tmp/link`',
    runtime: 'runc',
    container: { args: ['ln', '/etc/shadow', '/tmp/link'] },
    fields: { 'evt.arg.oldpath': '/etc/shadow', 'evt.arg.newpath': '/tmp/link', 'proc.name': 'ln' },
  },
  {
    rule: 'Packet socket created in container',
    does: 'makes a raw packet socket',
    runtime: 'runc',
    container: { args: ['exercise', 'socket', 'packet', 'raw'] },
    fields: { 'fd.type': 'packet', 'proc.name': 'exercise' },
  },
  {
    rule: 'Redirect STDOUT/STDIN to Network Connection in Container',
    does: 'puts a TCP connection (to itself, on loopback) over its standard input by `dup2`',
    runtime: 'runc',
    container: { args: ['exercise', 'redirect', 'dup2'] },
    fields: { 'fd.type': 'ipv4', 'fd.l4proto': 'tcp', 'fd.sip': '127.0.0.1', 'evt.type': 'dup2' },
  },
  {
    rule: 'Linux Kernel Module Injection Detected',
    does: 'calls `init_module` on bytes that are no module, in a privileged container',
    runtime: 'runc',
    container: { args: ['exercise', '-e', 'any', 'init-module'], privileged: true },
    fields: { 'evt.type': 'init_module', 'proc.name': 'exercise' },
  },
  {
    rule: 'Debugfs Launched in Privileged Container',
    does: 'runs a program called `debugfs` in a privileged container',
    runtime: 'docker',
    container: { args: as('debugfs', 'sleep 1'), privileged: true },
    fields: { 'proc.name': 'debugfs', 'proc.cmdline': 'debugfs sleep 1' },
  },
  {
    rule: 'Detect release_agent File Container Escapes',
    does: 'mounts a cgroup hierarchy and opens its `release_agent` for writing, in a privileged container',
    runtime: 'runc',
    container: {
      args: shell(
        'mkdir /tmp/c && mount -t cgroup -o none,name=runward-test cgroup /tmp/c && exercise open /tmp/c/release_agent w',
      ),
      privileged: true,
    },
    fields: { 'fd.name': '/tmp/c/release_agent', 'proc.name': 'exercise' },
  },
  {
    rule: 'PTRACE attached to process',
    does: 'attaches to its own child',
    runtime: 'runc',
    container: { args: ['exercise', 'ptrace-attach'] },
    fields: { 'evt.type': 'ptrace', 'proc.name': 'exercise' },
  },
  {
    rule: 'PTRACE anti-debug attempt',
    does: 'asks to be traced by its parent',
    runtime: 'runc',
    container: { args: ['exercise', 'ptrace-traceme'] },
    fields: { 'evt.type': 'ptrace', 'proc.name': 'exercise' },
  },
  {
    rule: 'Find AWS Credentials',
    does: '`grep -r aws_secret_access_key /root`',
    runtime: 'runc',
    container: { args: ['grep', '-r', 'aws_secret_access_key', '/root'] },
    fields: { 'proc.name': 'grep', 'proc.cmdline': 'grep -r aws_secret_access_key /root' },
  },
  {
    rule: 'Execution from /dev/shm',
    does: 'writes a copy of itself to `/dev/shm` and becomes it',
    runtime: 'runc',
    container: { args: ['exercise', 'drop-exec', '/usr/local/bin/exercise', '/dev/shm/tool', 'sleep', '1'] },
    fields: { 'proc.name': 'tool', 'proc.exepath': '/dev/shm/tool', 'proc.cmdline': 'tool sleep 1' },
  },
  {
    rule: 'Drop and execute new binary in container',
    does: 'writes a copy of itself to `/tmp` (an overlay of Docker) and becomes it',
    runtime: 'docker',
    container: { args: ['exercise', 'drop-exec', '/usr/local/bin/exercise', '/tmp/dropped', 'sleep', '1'] },
    fields: { 'proc.name': 'dropped', 'proc.exepath': '/tmp/dropped', 'proc.exe': '/tmp/dropped' },
  },
  {
    rule: 'Disallowed SSH Connection Non Standard Port',
    does: `the real \`ssh\` client connects to ${FOREIGN}:443, an address of the container's own loopback device`,
    runtime: 'runc',
    container: {
      args: shell(`${LISTEN}; ssh -p 443 ${FOREIGN}`),
      mounts: SSH_MOUNTS,
      privileged: true,
    },
    fields: { 'fd.l4proto': 'tcp', 'fd.rport': 443, 'proc.name': 'ssh' },
    requires: ['ssh'],
  },
  {
    rule: 'Fileless execution via memfd_create',
    does: 'a copy of itself in memory, run by `execveat`',
    runtime: 'runc',
    container: { args: shell('exercise memfd-exec /usr/local/bin/exercise sleep 1; true') },
    fields: { 'proc.pname': 'sh' },
  },
  {
    rule: 'Contact K8S API Server From Container',
    does: `asks a name server for \`kubernetes.default.svc.cluster.local\` and connects to the answer, ${FOREIGN}:443; both are on the container's own loopback device`,
    runtime: 'runc',
    container: {
      args: shell(
        `${LISTEN}; (exercise serve-names ${FOREIGN} 8 &); sleep 0.2; nslookup kubernetes.default.svc.cluster.local 127.0.0.1; exercise connect ${FOREIGN} 443; kill -9 -1`,
      ),
      privileged: true,
    },
    fields: { 'fd.rport': 443, 'fd.l4proto': 'tcp', 'proc.name': 'exercise' },
  },
];
