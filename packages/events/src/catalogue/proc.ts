import type { FieldSpec, FieldType } from '../field.js';
import type { ProcessInfo } from '../model.js';
import {
  argumentLength,
  argumentsOf,
  argv0,
  commandLine,
  environmentValue,
  executableLine,
  workingDirectory,
} from './command-line.js';
import {
  ancestor,
  groupLeader,
  loginShell,
  ofAncestors,
  pidNamespaceStart,
  sessionLeader,
} from './lineage.js';
import { liveProcFields } from './live.js';
import { probeProcFields } from './probes.js';
import { index, key, known, PER_PROCESS, position, rowsFrom } from './spec.js';

const exec = rowsFrom('the last exec of the process');
const table = rowsFrom('the process table');
const executable = rowsFrom('the executable file, at exec');

const environment = (p: ProcessInfo): string | undefined =>
  p.env.length === 0 ? undefined : p.env.join(' ');
const executablePath = (p: ProcessInfo): string | undefined => known(p.executable.path);

/** Nanoseconds from `since` to `until`, where both are known and in that order. */
const between = (since: bigint | undefined, until: bigint): bigint | undefined =>
  since !== undefined && since > 0n && until >= since ? until - since : undefined;

const LEVEL = index(
  false,
  'how many generations up: 0 is the process itself, 1 its parent; without it, any ancestor',
);

/** A field that looks up the chain of parents: one of them by level, or all of them as a list. */
const ancestral = (
  name: string,
  type: FieldType,
  doc: string,
  pick: (p: ProcessInfo) => string | number | undefined,
): FieldSpec =>
  table(
    name,
    type,
    doc,
    ({ process }, which) => {
      const level = position(which);
      if (level === undefined) return which === undefined ? ofAncestors(process, pick) : undefined;
      const found = ancestor(process, level);
      return found === undefined ? undefined : pick(found);
    },
    { list: true, argument: LEVEL },
  );

const identity: readonly FieldSpec[] = [
  exec(
    'proc.name',
    'string',
    'kernel task name of the process, up to 15 bytes, as its last exec set it',
    (v) => v.process.comm,
    PER_PROCESS,
  ),
  exec(
    'proc.exe',
    'string',
    'first word of the command line (argv[0]), which the caller chooses freely',
    (v) => argv0(v.process),
    PER_PROCESS,
  ),
  exec(
    'proc.exepath',
    'string',
    'absolute path of the executable, from the kernel, as the process sees it',
    (v) => executablePath(v.process),
    PER_PROCESS,
  ),
  exec(
    'proc.args',
    'string',
    'command line arguments after argv[0], joined by spaces',
    (v, which) => {
      if (which === undefined) return argumentsOf(v.process);
      const at = position(which);
      return at === undefined ? undefined : v.process.args[at + 1];
    },
    { perProcess: true, argument: index(false, 'position of one argument; 0 is the first after argv[0]') },
  ),
  exec('proc.cmdline', 'string', '`proc.name` and `proc.args`', (v) => commandLine(v.process), PER_PROCESS),
  exec('proc.exeline', 'string', '`proc.exe` and `proc.args`', (v) => executableLine(v.process), PER_PROCESS),
  exec(
    'proc.cmdnargs',
    'uint',
    'number of arguments after argv[0]',
    (v) => Math.max(0, v.process.args.length - 1),
    PER_PROCESS,
  ),
  exec(
    'proc.cmdlenargs',
    'uint',
    'length of the arguments after argv[0], in characters, without the spaces between them',
    (v) => argumentLength(v.process),
    PER_PROCESS,
  ),
  exec(
    'proc.args_truncated',
    'bool',
    'the command line was too long and is cut',
    (v) => v.process.argsTruncated,
    PER_PROCESS,
  ),
  exec(
    'proc.env',
    'string',
    'environment as `NAME=value` words, or the value of one variable; only while a loaded rule reads it',
    (v, name) => (name === undefined ? environment(v.process) : environmentValue(v.process, String(name))),
    { perProcess: true, argument: key(false, 'name of an environment variable') },
  ),
  table('proc.cwd', 'string', 'working directory, ending in a slash', (v) => workingDirectory(v.process)),
  table('proc.tty', 'uint', 'device number of the controlling terminal, 0 without one', (v) => v.process.tty),
  table('proc.pid', 'int', 'process id, in the initial pid namespace', (v) => v.process.pid, PER_PROCESS),
  table(
    'proc.vpid',
    'int',
    'process id, in the pid namespace of the process',
    (v) => v.process.vpid,
    PER_PROCESS,
  ),
  table('proc.ppid', 'int', 'process id of the parent', (v) => v.process.ppid),
  table(
    'proc.pvpid',
    'int',
    'process id of the parent, in the pid namespace of the parent',
    (v) => v.process.parent?.vpid,
  ),
  table(
    'proc.loginshellid',
    'int',
    'process id of the oldest shell among the process and its ancestors',
    (v) => loginShell(v.process)?.pid,
  ),
  table('proc.pid.ts', 'time', 'when the process was created', (v) => v.process.startedAtNs),
  table('proc.ppid.ts', 'time', 'when the parent was created', (v) => v.process.parent?.startedAtNs),
  table('proc.duration', 'duration', 'age of the process at the event, in nanoseconds', (v) =>
    between(v.process.startedAtNs, v.timeNs),
  ),
  table('proc.ppid.duration', 'duration', 'age of the parent at the event, in nanoseconds', (v) =>
    between(v.process.parent?.startedAtNs, v.timeNs),
  ),
  table('proc.pidns_init_start_ts', 'time', 'when the pid namespace of the process started', (v) =>
    pidNamespaceStart(v.process, v.container),
  ),
];

const parents: readonly FieldSpec[] = [
  table('proc.pname', 'string', '`proc.name` of the parent', (v) => v.process.parent?.comm),
  table(
    'proc.pexe',
    'string',
    '`proc.exe` of the parent',
    (v) => v.process.parent && argv0(v.process.parent),
  ),
  table(
    'proc.pexepath',
    'string',
    '`proc.exepath` of the parent',
    (v) => v.process.parent && executablePath(v.process.parent),
  ),
  table(
    'proc.pcmdline',
    'string',
    '`proc.cmdline` of the parent',
    (v) => v.process.parent && commandLine(v.process.parent),
  ),
  ancestral('proc.aname', 'string', '`proc.name` of ancestors', (p) => p.comm),
  ancestral('proc.aexe', 'string', '`proc.exe` of ancestors', argv0),
  ancestral('proc.aexepath', 'string', '`proc.exepath` of ancestors', executablePath),
  ancestral('proc.acmdline', 'string', '`proc.cmdline` of ancestors', commandLine),
  ancestral('proc.aargs', 'string', '`proc.args` of ancestors', argumentsOf),
  ancestral('proc.apid', 'int', '`proc.pid` of ancestors', (p) => p.pid),
  table(
    'proc.aenv',
    'string',
    '`proc.env` of ancestors; with the name of a variable, the nearest ancestor that has it',
    ({ process }, which) => {
      if (which === undefined) return ofAncestors(process, environment);
      const level = position(which);
      if (level === undefined)
        return ofAncestors(process, (p) => environmentValue(p, String(which))).slice(0, 1);
      const found = ancestor(process, level);
      const text = found === undefined ? undefined : environment(found);
      return text === undefined ? [] : [text];
    },
    { list: true, argument: key(false, 'how many generations up, or the name of an environment variable') },
  ),
];

const sessions: readonly FieldSpec[] = [
  table('proc.sid', 'int', 'session id, in the pid namespace of the process', (v) => v.process.vsid),
  table(
    'proc.sname',
    'string',
    '`proc.name` of the session leader, or of the eldest ancestor in the session',
    (v) => sessionLeader(v.process).comm,
  ),
  table('proc.sid.exe', 'string', '`proc.exe` of the session leader', (v) => argv0(sessionLeader(v.process))),
  table('proc.sid.exepath', 'string', '`proc.exepath` of the session leader', (v) =>
    executablePath(sessionLeader(v.process)),
  ),
  table(
    'proc.is_sid_leader',
    'bool',
    'the process leads its session',
    (v) => v.process.vsid === v.process.vpid,
  ),
  table('proc.vpgid', 'int', 'process group id, in the pid namespace of the process', (v) => v.process.vpgid),
  table(
    'proc.vpgid.name',
    'string',
    '`proc.name` of the group leader, or of the eldest ancestor in the group',
    (v) => groupLeader(v.process).comm,
  ),
  table('proc.vpgid.exe', 'string', '`proc.exe` of the group leader', (v) => argv0(groupLeader(v.process))),
  table('proc.vpgid.exepath', 'string', '`proc.exepath` of the group leader', (v) =>
    executablePath(groupLeader(v.process)),
  ),
  table(
    'proc.is_vpgid_leader',
    'bool',
    'the process leads its group, as one started from a prompt does',
    (v) => v.process.vpgid === v.process.vpid,
  ),
  table('proc.pgid', 'int', 'process group id, in the initial pid namespace', (v) => v.process.pgid),
  table('proc.pgid.name', 'string', 'the same as `proc.vpgid.name`', (v) => groupLeader(v.process).comm),
  table('proc.pgid.exe', 'string', 'the same as `proc.vpgid.exe`', (v) => argv0(groupLeader(v.process))),
  table('proc.pgid.exepath', 'string', 'the same as `proc.vpgid.exepath`', (v) =>
    executablePath(groupLeader(v.process)),
  ),
  table(
    'proc.is_pgid_leader',
    'bool',
    'the process leads its group, in the initial pid namespace',
    (v) => v.process.pgid === v.process.pid,
  ),
];

const image: readonly FieldSpec[] = [
  executable(
    'proc.is_exe_writable',
    'bool',
    'the acting user may write to the executable',
    (v) => v.process.executable.writable,
    PER_PROCESS,
  ),
  executable(
    'proc.is_exe_upper_layer',
    'bool',
    'the executable lies in the writable layer of an overlay: it is not part of the image',
    (v) => v.process.executable.upperLayer,
    PER_PROCESS,
  ),
  executable(
    'proc.is_exe_lower_layer',
    'bool',
    'the executable lies in a lower layer of an overlay: it is part of the image',
    (v) => v.process.executable.lowerLayer,
    PER_PROCESS,
  ),
  executable(
    'proc.is_exe_from_memfd',
    'bool',
    'the executable is a memfd: it exists in memory only',
    (v) => v.process.executable.memfd,
    PER_PROCESS,
  ),
  executable(
    'proc.is_exe_deleted',
    'bool',
    'the executable had no name any more when it was started',
    (v) => v.process.executable.deleted,
    PER_PROCESS,
  ),
  executable(
    'proc.is_exe_setuid',
    'bool',
    'the executable has the set-user-id bit',
    (v) => v.process.executable.setuid,
    PER_PROCESS,
  ),
  executable(
    'proc.is_exe_setgid',
    'bool',
    'the executable has the set-group-id bit',
    (v) => v.process.executable.setgid,
    PER_PROCESS,
  ),
  executable(
    'proc.exe_ino',
    'uint',
    'inode number of the executable',
    (v) => v.process.executable.inode || undefined,
    PER_PROCESS,
  ),
  executable(
    'proc.exe_ino.ctime',
    'time',
    'last status change of the executable',
    (v) => v.process.executable.ctimeNs || undefined,
    PER_PROCESS,
  ),
  executable(
    'proc.exe_ino.mtime',
    'time',
    'last modification of the executable',
    (v) => v.process.executable.mtimeNs || undefined,
    PER_PROCESS,
  ),
  executable(
    'proc.exe_ino.ctime_duration_proc_start',
    'duration',
    'nanoseconds from the last status change of the executable to the start of the process; not set if it changed later',
    (v) => between(v.process.executable.ctimeNs, v.process.startedAtNs),
  ),
  executable(
    'proc.exe_ino.ctime_duration_pidns_start',
    'duration',
    'nanoseconds from the start of the pid namespace to the last status change of the executable; not set if it changed before',
    (v) => between(pidNamespaceStart(v.process, v.container), v.process.executable.ctimeNs),
  ),
];

export const procFields: readonly FieldSpec[] = [
  ...identity,
  ...parents,
  ...sessions,
  ...image,
  ...liveProcFields,
  ...probeProcFields,
];
