import type { ExecutableFacts, ProcessInfo } from '../model.js';
import { capabilityNames } from '../names/capabilities.js';
import { bits, flagNames } from '../names/table.js';
import type { EventView } from '../view.js';
import type { EventArgument } from './arguments.js';
import { argumentsOf, argv0 } from './command-line.js';

const EXE_FLAGS = bits('EXE_WRITABLE=1 EXE_UPPER_LAYER=2 EXE_FROM_MEMFD=4 EXE_LOWER_LAYER=8');

const exeFlags = (exe: ExecutableFacts): number =>
  (exe.writable ? 1 : 0) | (exe.upperLayer ? 2 : 0) | (exe.memfd ? 4 : 0) | (exe.lowerLayer ? 8 : 0);

const text = (
  name: string,
  spelling: (p: ProcessInfo, view: EventView) => string | undefined,
): EventArgument => ({
  name,
  number: () => undefined,
  spelling: (view) => spelling(view.process, view),
});

const number = (
  name: string,
  value: (p: ProcessInfo, view: EventView) => number | bigint,
): EventArgument => ({
  name,
  number: (view) => value(view.process, view),
  spelling: () => undefined,
});

/** What an exec says about the new image. `flags` are facts about the executable, not those of execveat. */
export const EXEC_ARGUMENTS: readonly EventArgument[] = [
  {
    name: 'flags',
    number: (view) => exeFlags(view.process.executable),
    spelling: (view) => flagNames(EXE_FLAGS, exeFlags(view.process.executable)),
  },
  text('filename', (p, view) => view.text(0) ?? view.rawPath(0) ?? p.executable.path),
  text('exe', argv0),
  text('args', argumentsOf),
  text('comm', (p) => p.comm),
  text('cwd', (p) => p.cwd),
  text('env', (p) => p.env.join(' ')),
  text('cgroups', (p) => p.cgroupPath),
  text('trusted_exepath', (p) => p.executable.path),
  text('cap_inheritable', (p) => capabilityNames(p.caps.inheritable)),
  text('cap_permitted', (p) => capabilityNames(p.caps.permitted)),
  text('cap_effective', (p) => capabilityNames(p.caps.effective)),
  number('tid', (_, view) => view.tid),
  number('pid', (p) => p.pid),
  number('ptid', (p) => p.ppid),
  number('tty', (p) => p.tty),
  number('vpgid', (p) => p.vpgid),
  number('pgid', (p) => p.pgid),
  number('loginuid', (p) => p.loginuid | 0),
  number('exe_ino', (p) => p.executable.inode),
  number('exe_ino_ctime', (p) => p.executable.ctimeNs),
  number('exe_ino_mtime', (p) => p.executable.mtimeNs),
  {
    name: 'uid',
    number: (view) => view.process.euid,
    spelling: (view) => view.accounts.userName(view.process.euid),
  },
];
