import { afterAll, describe, expect, it } from 'vitest';
import { missingDoor } from './harness/host.js';
import { runtimes } from './harness/index.js';

/** Those that are shut on this kernel are named by the tests of paths. */
const doors =
  process.arch === 'x64'
    ? (['calls32', 'int80'] as const).filter((program) => missingDoor(program) === undefined)
    : [];

/** Each line is run in one privileged container, in a fresh folder. */
const lines = `
exercise open /etc/shadow
exercise open-at /etc shadow
exercise open-relative /etc shadow
exercise open-link /etc/shadow link
exercise open-legacy ../../etc/shadow
exercise -e ENOENT open /nowhere
exercise -e EEXIST open /etc/passwd w,creat,excl
exercise open . rw,tmpfile
exercise creat created
exercise openat2 /etc/shadow
exercise read /etc/shadow
exercise write written text
exercise pread-family written
exercise pwrite-family written
exercise truncate written 3
exercise ftruncate written 1
exercise chmod written 4755
exercise fchmod written 600
exercise fchmodat written 644
exercise -e any fchmodat2 written 600
exercise chown written 1 1
exercise lchown written 1 1
exercise fchown written 1 1
exercise fchownat written 0 0
exercise setxattr written trusted.x y
exercise removexattr written trusted.x
exercise link written hard
exercise linkat written hard2
exercise symlink /etc/shadow soft
exercise symlinkat /etc/shadow soft2
exercise rename written a
exercise renameat a b
exercise renameat2 b c
exercise renameat2 c hard exchange
exercise unlink c
exercise unlinkat . hard
exercise mkdir folder
exercise mkdirat folder/below
exercise rmdir folder/below
exercise unlinkat . folder rmdir
exercise mknod fifo
exercise mknod null c 1 3
exercise deep-create . 1000 leaf
exercise deep-create /tmp 4090 leaf
exercise deep-open /tmp 4090 leaf
exercise deep-exec /tmp 3900 program
exercise mkdir at
exercise mount none at tmpfs
exercise move-mount at /mnt
exercise umount at
exercise fsopen tmpfs
exercise open-tree /
exercise chroot /
exercise -e any pivot-root . .
exercise unshare mnt,uts,ipc
exercise unshare user
exercise setns uts
exercise socket packet raw
exercise socket netlink raw
exercise connect self 0
exercise connect-udp 127.0.0.1 9
exercise -e ECONNREFUSED connect 127.0.0.1 1
exercise -e any connect ::1 1
exercise pair-unix ./socket
exercise pair-unix @abstract
exercise bind 127.0.0.1 0
exercise accept
exercise accept accept4
exercise sendto 127.0.0.1 9 hello
exercise sendmsg 127.0.0.1 9 hello
exercise sendmmsg 127.0.0.1 9 hello
exercise receive
exercise redirect dup
exercise redirect dup2
exercise redirect dup3 1
exercise pipe
exercise pipe pipe2
exercise ptrace-traceme
exercise ptrace-attach
exercise ptrace-seize
exercise vm-readv
exercise vm-writev
exercise pidfd-getfd
exercise kill 15
exercise tkill 10
exercise setuid 1000
exercise setgid 1000
exercise setresuid 1 1 1
exercise setresgid 1 1 1
exercise capset
exercise prctl other-name
exercise dumpable
exercise setsid
exercise fork
exercise clone
exercise clone mnt,pid
exercise clone3
exercise clone3 user
exercise fork-storm 20
exercise orphan open /etc/shadow
exercise burst 3 open /etc/shadow
exercise sleep 1
exercise -t open /etc/shadow
exercise exec /bin/true
exercise execveat /bin/true
exercise execveat-fd /bin/true
exercise exec-link /bin/true ./true
exercise spawn true
exercise vfork true
exercise memfd-exec /usr/local/bin/exercise sleep 1
exercise memfd-proc /usr/local/bin/exercise sleep 1
exercise drop-exec /usr/local/bin/exercise ./dropped sleep 1
exercise unlinked-exec /usr/local/bin/exercise ./gone sleep 1
exercise thread-exec /bin/true
exercise long-argv 100000 /bin/true
exercise many-argv 500 /bin/true
exercise long-environment 20000 /bin/true
exercise -e any init-module
exercise -e any finit-module /etc/passwd
exercise -e any delete-module none
exercise -e any bpf
exercise -e any perf-event-open
exercise -e any userfaultfd
exercise memfd-create name
exercise io-uring-setup
exercise -e any keyctl
exercise -e any add-key name
exercise mmap-exec
exercise mmap-rwx
exercise mmap-file-exec /bin/busybox
exercise mprotect-exec
exercise -e any x32-open /etc/shadow
${doors.map((program) => callsI386(program)).join('\n')}
${['', '--async', '--skip', '--sqpoll', '--async --skip --sqpoll'].map((flags) => callsUring(flags)).join('\n')}
`
  .split('\n')
  .filter((line) => line !== '');

function callsI386(program: string): string {
  const acts = `open /etc/shadow
open-write ${program}-a
creat ${program}-b
openat /etc/shadow
openat2 /etc/shadow
execve /bin/true
rename ${program}-a ${program}-c
link ${program}-c ${program}-hard
symlink /etc/shadow ${program}-soft
chmod ${program}-c 600
unlink ${program}-c
unlinkat ${program}-b
mkdir ${program}-folder
setuid 1000
ptrace-traceme
memfd-create name
dup2
socket-packet
connect self 0
socketcall-connect self 0
socketcall-sendto 127.0.0.1 9
socketcall-packet`;
  return acts.replaceAll(/^/gm, `${program} `);
}

function callsUring(flags: string): string {
  const acts = `openat /etc/shadow
creat u
openat2 /etc/shadow
fixed-open /etc/shadow
renameat u v
linkat v w
symlinkat /etc/shadow x
unlinkat v
unlinkat w
unlinkat x
mkdirat y
rmdir y
connect self 0
socket-packet
send 127.0.0.1 9 hello
sendmsg 127.0.0.1 9 hello
read /etc/shadow
write z text
unlinkat z`;
  return acts.replaceAll(/^/gm, `uring ${flags} `);
}

describe('the test programs', () => {
  const runtime = runtimes.runc();
  afterAll(() => runtime.close());

  it('do what they say in a privileged container', async () => {
    const script = lines.map(
      (line) => `${line} >/tmp/out 2>&1; echo "$? ${line} -> $(head -c 200 /tmp/out)"`,
    );
    const done = await runtime.runToEnd({
      privileged: true,
      args: ['sh', '-c', `mkdir /tmp/work && cd /tmp/work\n${script.join('\n')}`],
    });
    const results = done.stdout.split('\n').filter((line) => / -> /.test(line));
    expect(results.filter((line) => !line.startsWith('0 '))).toEqual([]);
    expect(results).toHaveLength(lines.length);
  });
});
