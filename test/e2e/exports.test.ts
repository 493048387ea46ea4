import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { exported, withSpec } from './exported-spec.js';
import { requireRuntime, runtimes } from './harness/index.js';

/** What the workload does all day. */
const work = `
set -e
echo hello >/tmp/f; cat /tmp/f; ls /etc >/tmp/l; grep -c . /tmp/l >/tmp/c
mv /tmp/f /tmp/g; chown 1:1 /tmp/g; rm /tmp/g
nc -l -p 8080 -e cat & server=$!
for i in 1 2 3 4 5; do echo ping | nc -w 2 127.0.0.1 8080 && break; sleep 0.2; done
echo worked`;

/** What it never did; all of it works in a container as the harness makes them. */
const attack = `
try() { name=$1; shift; if "$@" >/dev/null 2>&1; then echo "$name: done"; else echo "$name: failed"; fi; }
try chroot chroot / true
try fifo mknod /tmp/p p
try device mknod /tmp/null c 1 3
try link ln -s /etc/passwd /tmp/s
try ping ping -c 1 -w 2 127.0.0.1
try unshare unshare -u true`;

const calls = `accept accept4 access bind brk chown clone close connect dup dup2 epoll_create1 execve exit_group faccessat
  fchownat fcntl fork fstat fstatfs futex getcwd getdents64 getegid geteuid getgid getpid getppid getsockname getsockopt
  gettid getuid ioctl kill lchown listen lseek lstat mmap mprotect munmap nanosleep clock_nanosleep newfstatat open
  openat pipe pipe2 poll pread64 prlimit64 read readlink recvfrom rename rt_sigaction rt_sigprocmask rt_sigreturn select
  pselect6 sendfile sendto set_robust_list set_tid_address setsockopt shutdown socket stat statx time uname unlink vfork
  wait4 write writev`;

const policy = `syscalls:
  default: deny
  allow: [${calls.split(/\s+/).join(', ')}]
network:
  default: deny
  allow:
    - { operation: listen, families: [ipv4, ipv6], protocols: [tcp] }
    - { operation: connect, protocols: [tcp], cidrs: [127.0.0.0/8] }
capabilities:
  default: deny
  allow: [{ name: CHOWN, comment: hands files over }]
kernelSurface:
  default: deny
`;

const FAILED = {
  chroot: 'failed',
  fifo: 'failed',
  device: 'failed',
  link: 'failed',
  ping: 'failed',
  unshare: 'failed',
};
const DONE = { chroot: 'done', fifo: 'done', link: 'done', ping: 'done' };

const results = (output: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...output.matchAll(/^(\w+): (done|failed)$/gm)].map(([, name, how]) => [name, how]));

describe.each(['runc', 'crun'] as const)('what is exported, under %s', (name) => {
  const seccomp: unknown = JSON.parse(exported(policy, 'seccomp'));
  const { oci: capabilities } = JSON.parse(exported(policy, 'capabilities')) as { readonly oci: unknown };
  const places = {
    nothing: runtimes[name](),
    seccomp: runtimes[name](withSpec(() => ({ seccomp }))),
    capabilities: runtimes[name](withSpec(() => ({ capabilities }))),
  };

  beforeEach((test) => requireRuntime(places.nothing, test));
  afterAll(async () => {
    for (const place of Object.values(places)) await place.close();
  });

  it('is the only thing that stops the attack', async () => {
    const { stdout } = await places.nothing.runToEnd({ args: ['sh', '-c', work + attack] });
    expect(stdout).toContain('worked');
    expect(results(stdout)).toMatchObject(DONE);
  });

  it('as a seccomp filter leaves the workload alone and stops what it never did', async () => {
    const { stdout, stderr } = await places.seccomp.runToEnd({ args: ['sh', '-c', work + attack] });
    expect(`${stdout}${stderr}`).toContain('hello\n');
    expect(`${stdout}${stderr}`).toContain('ping\nworked\n');
    expect(results(stdout)).toEqual(FAILED);
  });

  it('as capabilities leaves the workload alone and stops what needs others', async () => {
    const { stdout, stderr } = await places.capabilities.runToEnd({ args: ['sh', '-c', work + attack] });
    expect(`${stdout}${stderr}`).toContain('ping\nworked\n');
    expect(results(stdout)).toMatchObject({ ...FAILED, fifo: 'done', link: 'done' });
  });
});
