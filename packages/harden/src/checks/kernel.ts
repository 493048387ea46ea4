import { absent, type HardenCheck, hard, unknown, weak } from './check.js';

const SECURITY = '/sys/kernel/security';
const VULNERABILITIES = '/sys/devices/system/cpu/vulnerabilities';
const words = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .trim()
    .split(/[\s,]+/)
    .filter(Boolean);

/** What the kernel was built and started with. */
export const KERNEL_CHECKS: readonly HardenCheck[] = [
  {
    ...{ id: 'lockdown', severity: 'medium', title: 'lockdown of the kernel' },
    why: 'root changes the running kernel: memory, modules, another kernel',
    examine: (host) => {
      const text = host.read(`${SECURITY}/lockdown`);
      if (text === undefined)
        return unknown(
          `${SECURITY}/lockdown cannot be read: securityfs is not mounted, or the kernel has none`,
        );
      const mode = /\[(\w+)\]/.exec(text)?.[1] ?? 'none';
      return mode === 'none'
        ? weak(
            'lockdown is off',
            'start with `lockdown=integrity` on the command line of the kernel, or with Secure Boot',
          )
        : hard(`lockdown: ${mode}`);
    },
  },
  {
    ...{ id: 'mandatory-access', severity: 'medium', title: 'mandatory access control' },
    why: 'what breaks out of a container is stopped by file permissions alone',
    examine: (host) => {
      const list = host.read(`${SECURITY}/lsm`);
      if (list === undefined) return unknown(`${SECURITY}/lsm cannot be read: securityfs is not mounted`);
      const found = words(list).filter((name) => ['apparmor', 'selinux', 'smack', 'tomoyo'].includes(name));
      return found.length > 0
        ? hard(`${found.join(', ')} of ${list.trim()}`)
        : weak(
            `security modules: ${list.trim()}`,
            'start with `security=apparmor` (or selinux) and its profiles installed',
          );
    },
  },
  {
    ...{ id: 'bpf-lsm', severity: 'low', title: 'BPF among the security modules' },
    why: 'policies are enforced by weaker means (`runward doctor` tells which)',
    examine: (host) => {
      const list = host.read(`${SECURITY}/lsm`);
      if (list === undefined) return unknown(`${SECURITY}/lsm cannot be read`);
      return words(list).includes('bpf')
        ? hard('bpf is among them')
        : weak(
            `security modules: ${list.trim()}`,
            'start with `lsm=…,bpf` on the command line of the kernel, after those that are there',
          );
    },
  },
  {
    ...{ id: 'module-signatures', severity: 'medium', title: 'signatures of modules' },
    why: 'root loads code into the kernel that nobody signed',
    examine: (host) => {
      if (words(host.read('/proc/sys/kernel/modules_disabled'))[0] === '1')
        return hard('no more modules can be loaded');
      const text = host.read('/sys/module/module/parameters/sig_enforce')?.trim();
      if (text === undefined)
        return host.read('/proc/modules') === undefined
          ? absent('this kernel loads no modules')
          : weak(
              'modules need no signature, and the kernel cannot ask for one',
              'use a kernel with CONFIG_MODULE_SIG',
            );
      return text === 'Y'
        ? hard('modules must be signed')
        : weak(
            'modules need no signature',
            'start with `module.sig_enforce=1` on the command line of the kernel',
          );
    },
  },
  {
    ...{ id: 'tainted', severity: 'low', title: 'modules that nobody signed' },
    why: 'code in the kernel that its makers do not know',
    examine: (host) => {
      const taint = Number(host.read('/proc/sys/kernel/tainted') ?? Number.NaN);
      if (!Number.isSafeInteger(taint)) return unknown('/proc/sys/kernel/tainted cannot be read');
      // Bits 12 and 13 of `tainted` (Documentation/admin-guide/tainted-kernels.rst): from outside, and unsigned.
      const found = [
        ...(Math.floor(taint / 4096) % 2 === 1 ? ['from outside the kernel'] : []),
        ...(Math.floor(taint / 8192) % 2 === 1 ? ['unsigned'] : []),
      ];
      return found.length === 0
        ? hard('none was loaded')
        : weak(
            `a module was loaded that is ${found.join(' and ')}`,
            'find it with `grep -l . /sys/module/*/taint` and see whether it is needed',
          );
    },
  },
  {
    ...{ id: 'mitigations', severity: 'high', title: 'faults of the processor' },
    why: 'a container reads the memory of others and of the kernel',
    examine: (host) => {
      const names = host.list(VULNERABILITIES);
      if (names.length === 0) return unknown(`${VULNERABILITIES} is not there`);
      const open = names.filter((name) => /^Vulnerable/.test(host.read(`${VULNERABILITIES}/${name}`) ?? ''));
      return open.length === 0
        ? hard(`${names.length} known faults, each mended or not there`)
        : weak(
            `not mended: ${open.join(', ')}`,
            'update the microcode (`intel-microcode`, `amd64-microcode`) and the kernel; in a virtual machine its host',
          );
    },
  },
  {
    ...{ id: 'command-line', severity: 'high', title: 'command line of the kernel' },
    why: 'it turns off what protects the kernel',
    examine: (host) => {
      const text = host.read('/proc/cmdline');
      if (text === undefined) return unknown('/proc/cmdline cannot be read');
      const off = words(text.replaceAll(',', ' ')).filter((word) =>
        [
          'mitigations=off',
          'nokaslr',
          'nosmap',
          'nosmep',
          'nopti',
          'pti=off',
          'nospectre_v1',
          'nospectre_v2',
          'spectre_v2=off',
          'l1tf=off',
          'mds=off',
          'apparmor=0',
          'selinux=0',
          'lockdown=none',
          'audit=0',
        ].includes(word),
      );
      return off.length === 0
        ? hard('nothing of the kind is on it')
        : weak(`it has ${off.join(' ')}`, 'take these from the command line of the kernel');
    },
  },
  {
    ...{ id: 'secure-boot', severity: 'low', title: 'Secure Boot' },
    why: 'whoever changes the disk changes the kernel that starts',
    examine: (host) => {
      const folder = '/sys/firmware/efi/efivars';
      const file = host.list(folder).find((name) => name.startsWith('SecureBoot-'));
      if (file === undefined) return absent('it was not started by UEFI, or that is not told');
      const value = host.read(`${folder}/${file}`)?.charCodeAt(4);
      return value === 1 ? hard('it is on') : weak('it is off', 'turn it on in the set-up of the firmware');
    },
  },
  {
    ...{ id: 'kernel-memory', severity: 'high', title: 'memory as a file' },
    why: 'who reads it has every secret of the host',
    examine: (host) => {
      const stat = host.stat('/dev/mem') ?? host.stat('/dev/kmem');
      if (stat === undefined) return hard('there is none');
      return (stat.mode & 0o007) === 0
        ? hard('only root and its group may open it')
        : weak('others may open /dev/mem', 'chmod 0640 /dev/mem', {
            kind: 'mode',
            path: '/dev/mem',
            mode: 0o640,
          });
    },
  },
  {
    ...{ id: 'debugfs', severity: 'low', title: 'debug files of the kernel' },
    why: 'they tell and change what was made for its makers',
    examine: (host) => {
      const stat = host.stat('/sys/kernel/debug');
      if (stat === undefined || host.list('/sys/kernel/debug').length === 0)
        return hard('they are not mounted');
      return (stat.mode & 0o077) === 0
        ? hard('only root may look')
        : weak('others than root may look', 'chmod 0700 /sys/kernel/debug', {
            kind: 'mode',
            path: '/sys/kernel/debug',
            mode: 0o700,
          });
    },
  },
];
