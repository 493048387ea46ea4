import { describe, expect, test } from 'vitest';
import { SYSCALLS } from '../syscalls.js';
import { fieldValue, type TestEvent, testExecutable, testProcess, testView } from '../testing/index.js';
import { argumentNames } from './arguments.js';

const value = (event: TestEvent, field: string) => fieldValue(testView(event), field);

const memfdExec = testProcess({
  args: ['x', '-l', '80'],
  executable: testExecutable({ memfd: true, lowerLayer: false, upperLayer: true }),
});

describe('evt.arg', () => {
  test.each<[field: string, event: TestEvent, expected: unknown]>([
    ['evt.arg.flags', { type: 'openat', openFlags: 0o2001001 }, 'O_WRONLY|O_TRUNC|O_CLOEXEC'],
    ['evt.arg.flags', { type: 'openat', openFlags: 0 }, 'O_RDONLY'],
    [
      'evt.arg.flags',
      { type: 'openat2', args: [0, 0, 0x7ffc_0000_1000], openFlags: 0o100, openCreated: true },
      'O_RDONLY|O_CREAT|O_F_CREATED',
    ],
    ['evt.arg.mode', { type: 'openat', openMode: 0o644 }, '0644'],
    ['evt.arg.resolve', { type: 'openat2', args: [0, 0, 0, 0, 8] }, undefined],
    ['evt.arg.name', { type: 'openat', paths: ['/etc/shadow'], rawPaths: ['../etc/shadow'] }, '/etc/shadow'],
    ['evt.arg.name', { type: 'openat', rawPaths: ['missing'] }, 'missing'],
    [
      'evt.arg.fd',
      { type: 'openat', fd: 3, result: 3, objectKind: 'file', paths: ['/etc/shadow'] },
      '<f>/etc/shadow',
    ],
    ['evt.arg.fd', { type: 'openat', result: -2, paths: ['/missing'] }, 'ENOENT'],
    ['evt.arg.fd', { type: 'memfd_create', result: 5 }, '5'],
    ['evt.arg.dirfd', { type: 'openat', args: [-100] }, 'AT_FDCWD'],
    ['evt.arg.dirfd', { type: 'openat', args: [5] }, '5'],
    ['evt.arg.res', { type: 'unlink', result: -13 }, 'EACCES'],
    ['evt.arg.res', { type: 'unlink', result: 0 }, '0'],
    ['evt.arg.path', { type: 'unlink', paths: ['/bin/ls'] }, '/bin/ls'],
    ['evt.arg.name', { type: 'unlinkat', paths: ['/bin/ls'] }, '/bin/ls'],
    ['evt.arg.flags', { type: 'unlinkat', args: [-100, 0, 0x200] }, 'AT_REMOVEDIR'],
    ['evt.arg.oldpath', { type: 'renameat2', paths: ['/a', '/b'] }, '/a'],
    ['evt.arg.newpath', { type: 'renameat2', paths: ['/a', '/b'] }, '/b'],
    ['evt.arg.target', { type: 'symlinkat', texts: ['/etc/shadow'], paths: ['/tmp/l'] }, '/etc/shadow'],
    ['evt.arg.linkpath', { type: 'symlinkat', texts: ['/etc/shadow'], paths: ['/tmp/l'] }, '/tmp/l'],
    ['evt.arg.filename', { type: 'fchmodat', paths: ['/tmp/x'] }, '/tmp/x'],
    [
      'evt.arg.mode',
      { type: 'fchmodat', args: [-100, 0, 0o4755] },
      'S_ISUID|S_IRUSR|S_IWUSR|S_IXUSR|S_IRGRP|S_IXGRP|S_IROTH|S_IXOTH',
    ],
    ['evt.arg.mode', { type: 'mknod', args: [0, 0o60600] }, 'S_IFBLK|S_IRUSR|S_IWUSR'],
    ['evt.arg.request', { type: 'ptrace', args: [16] }, 'PTRACE_ATTACH'],
    ['evt.arg.request', { type: 'ptrace', args: [0x4206] }, 'PTRACE_SEIZE'],
    ['evt.arg.request', { type: 'ptrace', args: [99] }, '99'],
    ['evt.arg.domain', { type: 'socket', args: [17, 3, 768] }, 'AF_PACKET'],
    ['evt.arg.type', { type: 'socket', args: [2, 0x80002] }, 'SOCK_DGRAM|SOCK_CLOEXEC'],
    ['evt.arg.cmd', { type: 'bpf', args: [5] }, 'BPF_PROG_LOAD'],
    ['evt.rawarg.cmd', { type: 'bpf', args: [5] }, 5],
    ['evt.arg.res_or_fd', { type: 'bpf', result: 4 }, '4'],
    ['evt.arg.uid', { type: 'setuid', args: [65534] }, 'nobody'],
    ['evt.arg.uid', { type: 'setuid', args: [4242] }, '4242'],
    ['evt.rawarg.uid', { type: 'setuid', args: [1000] }, 1000],
    ['evt.arg.euid', { type: 'setresuid', args: [0, -1, 0] }, '4294967295'],
    ['evt.arg.sig', { type: 'kill', args: [1, 9] }, 'SIGKILL'],
    ['evt.arg.pid', { type: 'kill', args: [-1, 9] }, '-1'],
    ['evt.arg.flags', { type: 'clone', args: [0x1000_0011] }, 'CLONE_NEWUSER'],
    ['evt.arg.flags', { type: 'unshare', args: [0x2002_0000] }, 'CLONE_NEWNS|CLONE_NEWPID'],
    ['evt.arg.flags', { type: 'clone3', args: [0x1_1000_0000] }, 'CLONE_NEWUSER|CLONE_CLEAR_SIGHAND'],
    ['evt.arg.flags', { type: 'clone3', args: [0x7ffd_1234_5678] }, undefined],
    ['evt.arg.nstype', { type: 'setns', args: [3, 0x4000_0000] }, 'CLONE_NEWNET'],
    ['evt.arg.prot', { type: 'mprotect', args: [0, 4096, 7] }, 'PROT_READ|PROT_WRITE|PROT_EXEC'],
    ['evt.arg.prot', { type: 'mprotect', args: [0, 4096, 0] }, 'PROT_NONE'],
    ['evt.arg.flags', { type: 'mmap', args: [0, 1, 1, 0x22] }, 'MAP_PRIVATE|MAP_ANONYMOUS'],
    ['evt.arg.dev', { type: 'mount', texts: ['/dev/sda1', 'ext4'], paths: ['/mnt'] }, '/dev/sda1'],
    ['evt.arg.dir', { type: 'mount', texts: ['/dev/sda1', 'ext4'], paths: ['/mnt'] }, '/mnt'],
    ['evt.arg.type', { type: 'mount', texts: ['/dev/sda1', 'ext4'], paths: ['/mnt'] }, 'ext4'],
    ['evt.arg.flags', { type: 'mount', args: [0, 0, 0, 0xc0ed_1001] }, 'MS_RDONLY|MS_BIND'],
    ['evt.arg.flags', { type: 'accept4', args: [3, 0x7ffc_0000, 0x7ffc_0010, 0x800] }, '2048'],
    ['evt.arg.option', { type: 'prctl', args: [38] }, 'PR_SET_NO_NEW_PRIVS'],
    ['evt.arg.option', { type: 'keyctl', args: [11] }, 'KEYCTL_READ'],
    ['evt.arg.how', { type: 'shutdown', args: [3, 2] }, 'SHUT_RDWR'],
    ['evt.arg.cmd', { type: 'fcntl', args: [3, 1030] }, 'F_DUPFD_CLOEXEC'],
    ['evt.arg.data', { type: 'write', data: Uint8Array.of(0x68, 0x69, 0x0a) }, 'hi.'],
    ['evt.arg.size', { type: 'write', args: [1, 0, 12] }, '12'],
    ['evt.arg.addr', { type: 'connect', callerIp: '10.0.0.9', callerPort: 53 }, '10.0.0.9:53'],
    ['evt.arg.flags', { type: 'execve', process: memfdExec }, 'EXE_UPPER_LAYER|EXE_FROM_MEMFD'],
    [
      'evt.arg.flags',
      { type: 'execve', process: testProcess({ executable: testExecutable({ lowerLayer: false }) }) },
      '0',
    ],
    ['evt.arg.args', { type: 'execveat', process: memfdExec }, '-l 80'],
    ['evt.arg.filename', { type: 'execve', texts: ['./x'] }, './x'],
    ['evt.arg.filename', { type: 'execve' }, '/usr/bin/cat'],
    ['evt.arg.uid', { type: 'execve' }, 'root'],
    ['evt.arg.flags', { type: 'execve', result: -2, execFailed: true, process: memfdExec }, undefined],
    ['evt.arg.filename', { type: 'execve', result: -2, texts: ['./no'] }, './no'],
    ['evt.arg.filename', { type: 'execve', result: -2 }, undefined],
    ['evt.arg.res', { type: 'execve', result: -2 }, 'ENOENT'],
    ['evt.arg[0]', { type: 'unlink', result: -1 }, 'EPERM'],
    ['evt.arg[1]', { type: 'unlink', paths: ['/x'] }, '/x'],
    ['evt.arg[9]', { type: 'unlink' }, undefined],
    ['evt.arg.nonsense', { type: 'unlink' }, undefined],
    ['evt.rawarg.path', { type: 'unlink', paths: ['/x'] }, undefined],
    ['evt.arg.res', { type: 'procexit', result: undefined }, undefined],
  ])('%s of %o is %o', (field, event, expected) => {
    expect(value(event, field)).toEqual(expected);
  });

  test('garbage in the upper half of a register hides nothing', () => {
    expect(value({ type: 'socket', args: [0xdead_0000_0000_0011n] }, 'evt.arg.domain')).toBe('AF_PACKET');
    expect(value({ type: 'setuid', args: [0xdead_0000_0000_0000n] }, 'evt.arg.uid')).toBe('root');
  });

  test('every name the stock rules use is known', () => {
    const used =
      'cmd domain fd filename flags linkpath mode name newpath oldpath path request res res_or_fd target uid';
    expect(used.split(' ').filter((name) => !argumentNames.has(name))).toEqual([]);
  });

  test.each(SYSCALLS.map((s) => s.name))(
    'arguments of %s without any fact are spelled without an error',
    (type) => {
      const view = testView({ type });
      expect(typeof fieldValue(view, 'evt.args')).toBe('string');
      for (const name of argumentNames) {
        fieldValue(view, `evt.arg.${name}`);
        fieldValue(view, `evt.rawarg.${name}`);
      }
    },
  );
});

describe('evt.args', () => {
  test.each<[event: TestEvent, expected: string]>([
    [
      {
        type: 'openat',
        fd: 3,
        result: 3,
        objectKind: 'file',
        paths: ['/etc/passwd'],
        args: [-100],
        openFlags: 0,
        openMode: 0,
      },
      'fd=3(<f>/etc/passwd) dirfd=-100(AT_FDCWD) name=/etc/passwd flags=0(O_RDONLY) mode=0',
    ],
    [
      { type: 'socket', fd: 4, result: 4, objectKind: 'packet', args: [17, 3, 768] },
      'fd=4(<o>) domain=17(AF_PACKET) type=3(SOCK_RAW) proto=768',
    ],
    [
      { type: 'mkdir', result: -17, paths: ['/x'], args: [0, 0o700] },
      'res=-17(EEXIST) path=/x mode=448(S_IRUSR|S_IWUSR|S_IXUSR)',
    ],
    [{ type: 'fork', result: 12 }, 'res=12'],
  ])('of %o', (event, expected) => {
    expect(value(event, 'evt.args')).toBe(expected);
    expect(value(event, 'evt.info')).toBe(expected);
  });
});
