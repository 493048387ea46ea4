/** How each rule of Falco's sandbox file is made to fire. Data: a test runs it, docs/conformance.md shows it. */
import { type Exercise, FOREIGN, type Impossible, renamed } from './exercise.js';

export const SANDBOX: readonly Exercise[] = [
  {
    rule: 'Unexpected inbound connection source',
    does: `listens on ${FOREIGN} and accepts a connection from there`,
    place: 'network',
    script: `/bin/nc -l -p 7070 -e true & sleep 0.2; exercise connect ${FOREIGN} 7070; wait`,
    fields: { 'evt.type': 'accept', 'fd.lport': 7070, 'proc.name': 'nc' },
  },
  {
    rule: 'Read Shell Configuration File',
    does: '`cat /root/.profile`',
    place: 'plain',
    script: 'echo : >/root/.profile; /bin/cat /root/.profile',
    fields: { 'fd.name': '/root/.profile', 'proc.name': 'cat' },
  },
  {
    rule: 'Update Package Repository',
    does: 'writes `/etc/apt/sources.list`',
    place: 'plain',
    script: 'mkdir -p /etc/apt; /bin/cp /etc/hosts /etc/apt/sources.list',
    fields: { 'fd.name': '/etc/apt/sources.list', 'proc.name': 'cp' },
  },
  {
    rule: 'Write below binary dir',
    does: 'writes `/usr/bin/tool`',
    place: 'plain',
    script: '/bin/cp /etc/hosts /usr/bin/tool',
    fields: { 'fd.name': '/usr/bin/tool', 'proc.name': 'cp' },
  },
  {
    rule: 'Write below monitored dir',
    does: 'writes `/usr/local/bin/tool`',
    place: 'plain',
    script: '/bin/cp /etc/hosts /usr/local/bin/tool',
    fields: { 'fd.name': '/usr/local/bin/tool', 'proc.name': 'cp' },
  },
  {
    rule: 'Write below etc',
    does: 'writes `/etc/issue`',
    place: 'plain',
    script: '/bin/cp /etc/hosts /etc/issue',
    fields: { 'fd.name': '/etc/issue', 'proc.name': 'cp' },
  },
  {
    rule: 'Write below root',
    does: 'writes `/root/notes`',
    place: 'plain',
    script: '/bin/cp /etc/hosts /root/notes',
    fields: { 'fd.name': '/root/notes', 'proc.name': 'cp' },
  },
  {
    rule: 'Write below rpm database',
    does: 'writes `/var/lib/rpm/Packages`',
    place: 'plain',
    script: 'mkdir -p /var/lib/rpm; /bin/cp /etc/hosts /var/lib/rpm/Packages',
    fields: { 'fd.name': '/var/lib/rpm/Packages', 'proc.name': 'cp' },
  },
  {
    rule: 'Modify binary dirs',
    does: '`rm /bin/yes`',
    place: 'plain',
    script: '/bin/rm /bin/yes',
    fields: { 'evt.type': 'unlink', 'proc.name': 'rm' },
  },
  {
    rule: 'Mkdir binary dirs',
    does: '`mkdir /usr/bin/folder`',
    place: 'plain',
    script: 'mkdir /usr/bin/folder',
    fields: { 'evt.type': 'mkdir', 'evt.arg.path': '/usr/bin/folder' },
  },
  {
    rule: 'Launch Sensitive Mount Container',
    does: 'a container starts with `/etc` of the host mounted',
    runtime: 'docker',
    container: { args: ['true'], mounts: [{ source: '/etc', target: '/mnt', readonly: true }] },
    fields: { 'proc.name': 'true' },
  },
  {
    rule: 'Launch Disallowed Container',
    does: 'a container starts',
    runtime: 'runc',
    container: { args: ['true'] },
    fields: { 'proc.name': 'true' },
    override: {
      rules: `- macro: allowed_containers
  condition: (container.image.repository = none)
  override:
    condition: replace
`,
      because: 'the stock macro allows every container, to be replaced by the user',
    },
  },
  {
    rule: 'Interpreted procs inbound network activity',
    does: `a program called \`python3\` listens on ${FOREIGN}`,
    place: 'network',
    script: renamed('python3', `bind ${FOREIGN} 7071`),
    fields: { 'evt.type': 'listen', 'fd.lport': 7071, 'proc.name': 'python3' },
  },
  {
    rule: 'Interpreted procs outbound network activity',
    does: 'a program called `ruby` connects',
    place: 'network',
    script: renamed('ruby', `connect-udp ${FOREIGN} 7072`),
    fields: { 'fd.rport': 7072, 'proc.name': 'ruby' },
  },
  {
    rule: 'Unexpected K8s NodePort Connection',
    does: `connects to ${FOREIGN}:30001`,
    place: 'network',
    script: `exercise connect-udp ${FOREIGN} 30001`,
    fields: { 'fd.rport': 30001, 'proc.name': 'exercise' },
  },
  {
    rule: 'Create Hidden Files or Directories',
    does: 'creates `/srv/.hidden`',
    place: 'plain',
    script: '/bin/cp /etc/hosts /srv/.hidden',
    fields: { 'fd.name': '/srv/.hidden', 'proc.name': 'cp' },
  },
  {
    rule: 'Detect outbound connections to common miner pool ports',
    does: `connects to ${FOREIGN}:443`,
    place: 'network',
    script: renamed('pool', `connect-udp ${FOREIGN} 443`),
    fields: { 'fd.rport': 443, 'proc.name': 'pool' },
    override: {
      rules: `- macro: minerpool_https
  condition: (fd.sport="443" and fd.sip="${FOREIGN}")
  override:
    condition: replace
`,
      because:
        'the stock macros compare `fd.sip.name`, the domain name of the server; the override names the server by its address',
    },
  },
  {
    rule: 'Detect crypto miners using the Stratum protocol',
    does: 'runs a program with `stratum+tcp://…` among its arguments',
    place: 'plain',
    script: '/bin/true stratum+tcp://127.0.0.1:1',
    fields: { 'proc.cmdline': 'true stratum+tcp://127.0.0.1:1' },
  },
  {
    rule: 'Kubernetes Client Tool Launched in Container',
    does: 'runs a program called `kubectl`',
    place: 'plain',
    script: renamed('kubectl', 'sleep 1'),
    fields: { 'proc.name': 'kubectl' },
  },
  {
    rule: 'Container Drift Detected (chmod)',
    does: '`chmod +x` of a new file',
    place: 'plain',
    script: '/bin/cp /etc/hosts /tmp/drift; /bin/chmod 755 /tmp/drift',
    fields: { 'evt.arg.filename': '/tmp/drift', 'proc.name': 'chmod' },
  },
  {
    rule: 'Container Drift Detected (open+create)',
    does: 'creates a file with execute permission',
    place: 'plain',
    script: '/bin/cp /bin/busybox /tmp/created',
    fields: { 'proc.name': 'cp', 'proc.cmdline': 'cp /bin/busybox /tmp/created' },
  },
  {
    rule: 'Container Run as Root User',
    does: 'a container starts as root',
    runtime: 'podman',
    container: { args: ['true'] },
    fields: { 'user.uid': 0, 'proc.name': 'true' },
  },
  {
    rule: 'Sudo Potential Privilege Escalation',
    does: 'runs a program called `sudoedit` with `-s \\`',
    place: 'plain',
    script: renamed('sudoedit', "sleep 1 -s '\\'"),
    fields: { 'proc.name': 'sudoedit', 'proc.cmdline': 'sudoedit sleep 1 -s \\' },
  },
  {
    rule: 'Unprivileged Delegation of Page Faults Handling to a Userspace Process',
    does: 'as nobody, asks for a `userfaultfd`',
    place: 'plain',
    script: "su nobody -s /bin/sh -c 'exercise -e any userfaultfd'",
    fields: { 'evt.type': 'userfaultfd', 'user.uid': 65534 },
  },
  {
    rule: 'Polkit Local Privilege Escalation Vulnerability (CVE-2021-4034)',
    does: 'runs a program called `pkexec` without arguments',
    place: 'plain',
    script: renamed('pkexec', ''),
    fields: { 'proc.name': 'pkexec', 'proc.args': '' },
  },
  {
    rule: 'Java Process Class File Download',
    does: 'a program called `java` receives `ca fe ba be` over TCP (from itself)',
    place: 'plain',
    script: renamed('java', 'receive cafebabe00000034'),
    fields: { 'fd.l4proto': 'tcp', 'proc.name': 'java' },
  },
  {
    rule: 'Modify Container Entrypoint',
    does: 'opens a file for writing through `/proc/self/fd/0`',
    place: 'plain',
    script: 'exercise open /proc/self/fd/0 w </etc/nsswitch.conf',
    fields: { 'fd.name': '/etc/nsswitch.conf', 'proc.name': 'exercise' },
  },
  {
    rule: 'Decoding Payload in Container',
    does: '`base64 -d`',
    place: 'plain',
    script: 'echo aWQK | /bin/base64 -d',
    fields: { 'proc.name': 'base64', 'proc.cmdline': 'base64 -d' },
  },
  {
    rule: 'Basic Interactive Reconnaissance',
    does: '`id` on a terminal',
    runtime: 'runc',
    container: { args: ['id'], tty: true },
    fields: { 'proc.name': 'id', 'proc.cmdline': 'id' },
  },
  {
    rule: 'Network Tool Executed During NPM Package Install',
    does: 'a program called `npm` runs `nc`',
    place: 'plain',
    script: renamed('npm', 'spawn nc --help'),
    fields: { 'proc.name': 'nc', 'proc.pname': 'npm' },
  },
  {
    rule: 'Known Cryptominer Process Executed',
    does: 'runs a program called `xmrig`',
    place: 'plain',
    script: renamed('xmrig', 'sleep 1'),
    fields: { 'proc.name': 'xmrig', 'proc.exepath': '/tmp/xmrig' },
  },
  {
    rule: 'Web Server Spawned Shell',
    does: 'a program called `nginx` runs `sh -c :`',
    place: 'plain',
    script: renamed('nginx', 'spawn sh -c :'),
    fields: { 'proc.name': 'sh', 'proc.pname': 'nginx' },
  },
  {
    rule: 'Web Server Spawned Suspicious Child Process',
    does: 'a program called `httpd` runs `id`',
    place: 'plain',
    script: renamed('httpd', 'spawn id'),
    fields: { 'proc.name': 'id', 'proc.pname': 'httpd' },
  },
  {
    rule: 'Reverse Shell from Web Server',
    does: 'a program called `php-fpm` runs a shell with `/dev/tcp/` in its command',
    place: 'plain',
    script: renamed('php-fpm', "spawn sh -c ': /dev/tcp/127.0.0.1/1'"),
    fields: { 'proc.name': 'sh', 'proc.pname': 'php-fpm' },
  },
  {
    rule: 'Privileged Container Device Access',
    does: 'opens a file named `/dev/sda1` (an ordinary one: a test opens no disk)',
    place: 'plain',
    script: ': >/dev/sda1; /bin/cat /dev/sda1',
    fields: { 'fd.name': '/dev/sda1', 'proc.name': 'cat' },
  },
  {
    rule: 'Container Access to Host Sensitive Paths',
    does: 'reads a file below `/host`, a mount of the host',
    runtime: 'runc',
    container: {
      args: ['cat', '/host/hostname'],
      mounts: [{ source: '/etc', target: '/host', readonly: true }],
    },
    fields: { 'fd.name': '/host/hostname', 'proc.name': 'cat' },
  },
];

export const SANDBOX_IMPOSSIBLE: readonly Impossible[] = [
  { rule: 'Netcat/Socat Remote Code Execution on Host', because: 'its condition says `not container`' },
];
