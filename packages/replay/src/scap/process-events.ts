import { splitWords } from './byte-cursor.js';
import type { Call } from './call.js';
import { CloneBit } from './flags.js';
import { type Machine, withoutSlash } from './machine.js';
import { absolutePath, pathOf } from './paths.js';
import type { ScapProcess } from './scap-process.js';

/** A process or thread was made. Told twice: by the call as it returns in the parent, and in the child. */
export function applyClone(machine: Machine, call: Call, process: ScapProcess): void {
  const result = call.result;
  if (result === undefined || result < 0) return;
  const flags = call.number('flags', false) ?? 0;
  const vtid = call.number('vtid');
  const isInNamespace =
    (flags & CloneBit.childInNamespace) !== 0 || (vtid !== undefined && vtid > 0 && vtid !== call.exit.tid);
  if (result > 0) {
    // In a pid namespace the result is a number of that namespace: the child itself will tell its real one.
    if (!isInNamespace && !machine.knowsThread(result)) makeChild(machine, call, process, result, flags);
    return;
  }
  const tid = call.number('tid') ?? call.exit.tid;
  const parent = machine.ofThread(call.number('ptid') ?? 0);
  const isNew = !machine.knowsThread(tid) || machine.ofThread(tid).comm === '';
  if (isNew && parent.pid !== 0) makeChild(machine, call, parent, tid, flags);
  const child = machine.ofThread(tid);
  const vpid = call.number('vpid');
  if (vpid !== undefined && vpid > 0) child.vpid = vpid;
  describe(machine, call, child);
}

function makeChild(machine: Machine, call: Call, parent: ScapProcess, tid: number, flags: number): void {
  if ((flags & CloneBit.thread) !== 0) {
    machine.addThread(tid, parent.pid);
    return;
  }
  const child = machine.replaceProcess(tid);
  machine.inherit(child, parent, (flags & CloneBit.files) !== 0);
  child.startedAtNs = call.exit.timeNs;
  child.execAtNs = call.exit.timeNs;
}

/** Captures keep so many bytes of the arguments; where there are as many, more is likely missing. */
const CAPTURED_ARGUMENT_BYTES = 4095;

/** What exec and clone say of the image alike. */
function describe(machine: Machine, call: Call, process: ScapProcess): void {
  const exe = call.text('exe');
  const args = call.exit.bytes('args');
  if (exe !== undefined) {
    process.argsTruncated = args !== undefined && args.length >= CAPTURED_ARGUMENT_BYTES;
    process.args = [exe, ...(args === undefined ? [] : splitWords(args))];
  }
  const comm = call.text('comm');
  if (comm !== undefined) process.comm = comm;
  else if (process.comm === '' && exe !== undefined) process.comm = nameOf(exe);
  const cwd = call.text('cwd');
  if (cwd?.startsWith('/')) process.cwd = withoutSlash(cwd);
  const uid = call.exit.number('uid', false);
  if (uid !== undefined) process.uid = process.euid = uid;
  const gid = call.exit.number('gid', false);
  if (gid !== undefined) process.gid = process.egid = gid;
  machine.placeInCgroupBytes(process, call.exit.bytes('cgroups'));
}

const COMM_CHARS = 15;
const nameOf = (exe: string): string => exe.slice(exe.lastIndexOf('/') + 1).slice(0, COMM_CHARS);

export function applyExec(machine: Machine, call: Call, process: ScapProcess): void {
  if (call.result !== 0) return;
  const exit = call.exit;
  // The path an exec is passed is relative to the old working directory, which an exec does not change.
  const given = pathOf(call, 'filename', process) ?? pathOf(call, 'pathname', process);
  const exe = call.text('exe') ?? '';
  process.comm = exit.params.has('comm') ? process.comm : nameOf(exe);
  describe(machine, call, process);
  const ptid = exit.number('ptid', true);
  if (process.parent === undefined && ptid !== undefined && ptid > 0) {
    if (machine.knowsThread(ptid)) process.setParent(machine.ofThread(ptid));
    else process.ppid = ptid;
  }
  const env = exit.bytes('env');
  if (env !== undefined) process.env = splitWords(env);
  process.tty = exit.number('tty', false) ?? process.tty;
  process.loginuid = exit.number('loginuid', false) ?? process.loginuid;
  process.vpgid = exit.number('vpgid', true) ?? process.vpgid;
  process.pgid = exit.number('pgid', true) ?? process.pgid;
  process.caps = {
    inheritable: exit.big('cap_inheritable', false) ?? process.caps.inheritable,
    permitted: exit.big('cap_permitted', false) ?? process.caps.permitted,
    effective: exit.big('cap_effective', false) ?? process.caps.effective,
  };
  const flags = exit.number('flags', false) ?? 0;
  process.execAtNs = exit.timeNs;
  process.executable = {
    ...process.executable,
    path:
      exit.text('trusted_exepath') ??
      given ??
      (exe.includes('/') ? (absolutePath(exe, process.cwd) ?? '') : ''),
    inode: exit.big('exe_ino', false) ?? 0n,
    ctimeNs: exit.big('exe_ino_ctime', false) ?? 0n,
    mtimeNs: exit.big('exe_ino_mtime', false) ?? 0n,
    writable: (flags & 1) !== 0,
    upperLayer: (flags & 2) !== 0,
    memfd: (flags & 4) !== 0,
    lowerLayer: (flags & 8) !== 0,
  };
}

const UNCHANGED = 0xffffffff;

/** Identity, session and place of a process after a call that sets them. */
export function applyIdentity(machine: Machine, call: Call, process: ScapProcess): void {
  if (!call.succeeded) return;
  const set = (value: number | undefined, to: (id: number) => void): void => {
    if (value !== undefined && value >>> 0 !== UNCHANGED) to(value >>> 0);
  };
  switch (call.exit.row?.type) {
    case 'setuid':
      set(call.number('uid', false), (id) => {
        process.uid = process.euid = id;
      });
      return;
    case 'setgid':
      set(call.number('gid', false), (id) => {
        process.gid = process.egid = id;
      });
      return;
    case 'setreuid':
    case 'setresuid':
      set(call.number('ruid', false), (id) => {
        process.uid = id;
      });
      set(call.number('euid', false), (id) => {
        process.euid = id;
      });
      return;
    case 'setregid':
    case 'setresgid':
      set(call.number('rgid', false), (id) => {
        process.gid = id;
      });
      set(call.number('egid', false), (id) => {
        process.egid = id;
      });
      return;
    case 'capset':
      process.caps = {
        inheritable: call.big('cap_inheritable') ?? process.caps.inheritable,
        permitted: call.big('cap_permitted') ?? process.caps.permitted,
        effective: call.big('cap_effective') ?? process.caps.effective,
      };
      return;
    case 'setsid':
      process.sid = process.pid;
      process.vsid = process.vpid;
      process.pgid = process.pid;
      process.vpgid = process.vpid;
      process.sessionLeader = process;
      process.groupLeader = process;
      return;
    case 'setpgid':
      applySetpgid(machine, call, process);
      return;
    case 'chdir':
      process.cwd = withoutSlash(pathOf(call, 'path', process) ?? process.cwd);
      return;
    case 'fchdir':
      process.cwd = process.descriptors.get(call.fd ?? -1)?.path ?? process.cwd;
      return;
  }
}

/** Both numbers are those of the caller's pid namespace, which is only known to be ours outside of containers. */
function applySetpgid(machine: Machine, call: Call, process: ScapProcess): void {
  const pid = call.number('pid') ?? 0;
  const target = pid === 0 || pid === process.vpid ? process : machine.byPid(pid);
  if (target === undefined || (target !== process && process.vpid !== process.pid)) return;
  const group = call.number('pgid') ?? 0;
  target.vpgid = group === 0 ? target.vpid : group;
  if (target.vpid === target.pid) target.pgid = target.vpgid;
  target.groupLeader = machine.byPid(target.pgid);
}
