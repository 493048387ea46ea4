import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exported } from '../e2e/exported-spec.js';
import { testImage } from '../e2e/harness/index.js';
import { ociConfig } from '../e2e/harness/oci-bundle.js';
import { runInVm, vmUnavailable } from './vm.js';

/** What the workload does, and what it never did; each says how it went. */
const script = `
try() { name=$1; shift; if "$@" >/tmp/out 2>&1; then echo "$name: done"; else echo "$name: failed"; fi; }
try read-config cat /etc/passwd
try write sh -c 'echo hello >/tmp/f && mv /tmp/f /tmp/g && rm /tmp/g'
try list ls /tmp
try serve sh -c 'nc -l -p 8080 -e cat & sleep 1; echo ping | nc -w 2 127.0.0.1 8080 | grep ping'
try own-signal sh -c 'sleep 9 & kill $!'
echo --
try read-secret cat /etc/shadow
try read-secret-by-link sh -c 'ln -s /etc/shadow /tmp/s; cat /tmp/s'
try write-config sh -c 'echo x >>/etc/passwd'
try delete rm /srv/data
try start-foreign /opt/true
try drop-and-start sh -c 'cp /bin/busybox /tmp/true && /tmp/true'
try raw-socket ping -c 1 -w 2 127.0.0.1
try chroot chroot / true
try mount mount -t tmpfs tmpfs /mnt`;

const policy = `process:
  default: deny
  allow: [{ path: /bin/busybox, comment: all its programs }]
file:
  default: deny
  allow:
    - { path: /, comment: where it starts }
    - { directory: /dev, operations: [read, write, chmod, chown, create, delete, rename] }
    - { directory: /tmp, operations: [read, modify] }
    - { glob: "/etc/{passwd,group,hosts,resolv.conf,nsswitch.conf}" }
    - { directory: /srv }
    - { glob: "/proc/*/**" }
network:
  default: deny
  allow:
    - { operation: listen, families: [ipv4, ipv6], protocols: [tcp] }
    - { operation: connect, protocols: [tcp], cidrs: [127.0.0.0/8] }
capabilities:
  default: deny
kernelSurface:
  default: deny
`;

const results = (output: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...output.matchAll(/^([\w-]+): (done|failed)$/gm)].map(([, name, how]) => [name, how]));

const [work = '', attack = ''] = script.split('echo --');
const each = (text: string, how: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...text.matchAll(/^try ([\w-]+)/gm)].map(([, name]) => [name, how]));

interface Place {
  /** Instead of the image. */
  readonly root?: string;
  /** More for the guarded one. */
  readonly linux?: object;
}

interface Config {
  readonly process: object;
  readonly linux: object;
  readonly [key: string]: unknown;
}

async function configs(name: string, guard: object, { root, linux = {} }: Place = {}) {
  const { rootfs } = await testImage();
  const config = ociConfig(
    { name, args: ['sh', '-c', script], privileged: true },
    `/${name}`,
    root ?? rootfs,
  ) as Config; // an object with a process
  return {
    rootfs,
    'free.json': JSON.stringify(config),
    'guarded.json': JSON.stringify({
      ...config,
      process: { ...config.process, ...guard },
      linux: { ...config.linux, ...linux },
    }),
  };
}

/** Runs the container of a configuration in the machine, its output in a file of its own. */
const run = (name: string): string => `
mkdir -p /run/${name} && cp /run/vm/${name}.json /run/${name}/config.json
runc run --bundle /run/${name} ${name} 2>&1 | cat >/run/vm/${name}.out; cat /run/vm/${name}.out`;

describe('what is exported, in a machine with kernel 6.12', () => {
  it('as an AppArmor profile leaves a container alone and stops what it never did', async () => {
    expect(vmUnavailable()).toBeUndefined();
    const { rootfs, ...files } = await configs('guarded', { apparmorProfile: 'runward.web' });
    const result = await runInVm({
      kernel: '6.12',
      files: { ...files, profile: exported(policy, 'apparmor') },
      command: `cp '${rootfs}/bin/busybox' '${rootfs}/opt/true'
echo data >'${rootfs}/srv/data'
${run('free')}
echo data >'${rootfs}/srv/data'
apparmor_parser --replace --skip-cache /run/vm/profile || exit 3
${run('guarded')}
dmesg | grep apparmor | tail -40`,
    });
    expect(result.exitCode, result.output).toBe(0);
    const [free, guarded] = [result.file('free.out') ?? '', result.file('guarded.out') ?? ''];
    expect(results(free)).toEqual({ ...each(work, 'done'), ...each(attack, 'done') });
    expect(results(guarded), result.output).toEqual({ ...each(work, 'done'), ...each(attack, 'failed') });
  });

  it('as an SELinux module leaves a container alone and stops what it never did', async () => {
    expect(vmUnavailable()).toBeUndefined();
    const label = 'system_u:system_r:runward_web.process:s0';
    const contexts = exported(policy, 'selinux-contexts');
    // What the runtime mounts itself has no other label than this one.
    const mountLabel = /^\/dev\S* (\S+)$/m.exec(contexts)?.[1];
    const place = { root: '/run/root', linux: { mountLabel } };
    const { rootfs, ...files } = await configs('guarded', { selinuxLabel: label }, place);
    const result = await runInVm({
      kernel: '6.12',
      lsm: 'landlock,lockdown,yama,selinux,bpf',
      files: {
        ...files,
        'base.cil': readFileSync(join(import.meta.dirname, 'selinux-base.cil'), 'utf8'),
        'web.cil': exported(policy, 'selinux'),
        contexts,
      },
      command: `mount -t selinuxfs selinuxfs /sys/fs/selinux || exit 3
secilc --output=/run/policy --filecontext=/dev/null /run/vm/base.cil /run/vm/web.cil || exit 4
dd if=/run/policy of=/sys/fs/selinux/load bs=16M 2>/dev/null || exit 5
# A file system of its own, which keeps labels.
mkdir /run/root && mount -t tmpfs tmpfs /run/root && cp -a '${rootfs}/.' /run/root/
cp /run/root/bin/busybox /run/root/opt/true
echo data >/run/root/srv/data
${run('free')}
rm -rf /run/root/tmp/*; cp -a '${rootfs}/etc/.' /run/root/etc/
echo data >/run/root/srv/data
setfiles -r /run/root /run/vm/contexts /run/root || exit 6
ls -Z /run/root /run/root/etc
echo 1 >/sys/fs/selinux/enforce
${run('guarded')}
dmesg | grep avc | tail -60`,
    });
    expect(result.exitCode, result.output).toBe(0);
    const [free, guarded] = [result.file('free.out') ?? '', result.file('guarded.out') ?? ''];
    expect(results(free), free).toEqual({ ...each(work, 'done'), ...each(attack, 'done') });
    expect(results(guarded), result.output).toEqual({ ...each(work, 'done'), ...each(attack, 'failed') });
  });
});
