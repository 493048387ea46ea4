import { type EventView, eventTypeByName, type ProcessInfo } from '@runward/events';
import { Op } from '../builder/files.js';
import type { Scene } from '../scene.js';

const EXECS = new Set([eventTypeByName.get('execve')?.id, eventTypeByName.get('execveat')?.id]);
const COMM_LENGTH = 15;
const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The program that started this one, where it is of the same container. */
export function parentOf(process: ProcessInfo): string {
  const parent = process.parent;
  if (parent === undefined || parent.cgroupId !== process.cgroupId) return '';
  // A runtime's own program has no name in the container.
  return parent.executable.path === '/' ? '' : parent.executable.path;
}

/**
 * The script behind an interpreter. The kernel calls a task by the file that was to be executed, and puts that file
 * behind the interpreter (and its one argument) in argv.
 */
export function scriptOf({ comm, args, cwd, executable }: ProcessInfo): string | undefined {
  if (comm === '' || baseName(executable.path).slice(0, COMM_LENGTH) === comm) return undefined;
  for (const given of [args[1], args[2]]) {
    if (given === undefined || given.startsWith('-') || baseName(given).slice(0, COMM_LENGTH) !== comm)
      continue;
    if (given.startsWith('/')) return given;
    return cwd === '' || given.includes('..')
      ? undefined
      : `${cwd === '/' ? '' : cwd}/${given.replace(/^\.\//, '')}`;
  }
  return undefined;
}

/** Notes the program a process runs. */
export function noteProgram(process: ProcessInfo, scene: Scene): void {
  const { builder } = scene;
  const { executable } = process;
  if (executable.path === '') return;
  const parent = parentOf(process);
  builder.took(builder.processes.note(executable.path, parent, process, scene), scene);
  const script = scriptOf(process);
  if (script !== undefined) builder.took(builder.processes.note(script, parent, process, scene), scene);
  if (executable.path.startsWith('/')) scene.file(executable.path, Op.execute, undefined);
  if (!executable.setuid && !executable.setgid) return;
  builder.privilege.setuidExecution = true;
  if (process.euid !== process.uid || process.egid !== process.gid) builder.privilege.gainedPrivileges = true;
}

/** A program that was executed: not one that failed to. */
export const isExec = (view: EventView): boolean => EXECS.has(view.typeId) && !view.execFailed;
