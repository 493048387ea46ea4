import type { ExecutableFacts, ProcessInfo } from '../model.js';
import { capabilityNames } from '../names/capabilities.js';
import { bits, flagNames } from '../names/table.js';
import type { EventView } from '../view.js';
import type { EventArgument } from './arguments.js';
import { argumentsOf, argv0 } from './command-line.js';
import { failed } from './outcome.js';

const EXE_FLAGS = bits('EXE_WRITABLE=1 EXE_UPPER_LAYER=2 EXE_FROM_MEMFD=4 EXE_LOWER_LAYER=8');

const exeFlags = (exe: ExecutableFacts): number =>
  (exe.writable ? 1 : 0) | (exe.upperLayer ? 2 : 0) | (exe.memfd ? 4 : 0) | (exe.lowerLayer ? 8 : 0);

/** An exec that failed leaves the old image in place, of which these arguments must not speak. */
const madeImage = (view: EventView): boolean => !view.execFailed && !failed(view);

const text = (name: string, spelling: (p: ProcessInfo) => string | undefined): EventArgument => ({
  name,
  number: () => undefined,
  spelling: (view) => (madeImage(view) ? spelling(view.process) : undefined),
});

const number = (
  name: string,
  value: (p: ProcessInfo) => number | bigint,
  spell: (view: EventView, value: number) => string | undefined = () => undefined,
): EventArgument => ({
  name,
  number: (view) => (madeImage(view) ? value(view.process) : undefined),
  spelling: (view) => (madeImage(view) ? spell(view, Number(value(view.process))) : undefined),
});

/** What an exec says about the new image. `flags` are facts about the executable, not those of execveat. */
export const EXEC_ARGUMENTS: readonly EventArgument[] = [
  number(
    'flags',
    (p) => exeFlags(p.executable),
    (_, value) => flagNames(EXE_FLAGS, value),
  ),
  {
    name: 'filename',
    number: () => undefined,
    spelling: (view) =>
      view.text(0) ?? view.rawPath(0) ?? (madeImage(view) ? view.process.executable.path : undefined),
  },
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
  { name: 'tid', number: (view) => view.tid, spelling: () => undefined },
  number('pid', (p) => p.pid),
  number('ptid', (p) => p.ppid),
  number('tty', (p) => p.tty),
  number('vpgid', (p) => p.vpgid),
  number('pgid', (p) => p.pgid),
  number('loginuid', (p) => p.loginuid | 0),
  number('exe_ino', (p) => p.executable.inode),
  number('exe_ino_ctime', (p) => p.executable.ctimeNs),
  number('exe_ino_mtime', (p) => p.executable.mtimeNs),
  number(
    'uid',
    (p) => p.euid,
    (view, uid) => view.accounts.userName(uid),
  ),
];
