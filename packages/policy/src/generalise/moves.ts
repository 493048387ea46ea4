import type { FileObservation } from '../profile/profile.js';

/** A file that was seen, with what moving it takes. */
export interface SeenFile extends FileObservation {
  /** Operations of the names that the same programs move files to. */
  readonly moves?: FileObservation['operations'];
}

const isMoved = ({ operations }: FileObservation): boolean =>
  operations.includes('rename') || operations.includes('link');
const isMade = ({ operations }: FileObservation): boolean => operations.includes('create');

/**
 * Enforcement refuses to move a file to a name that allows more than its own, so a name has to allow what those do
 * that it moves to. Which became which is not in a profile: names that one program moves are taken together. What it
 * made under one name may go to any; what was there may have come from such a name, or go where no name was made.
 */
export function withMoves(files: readonly FileObservation[]): readonly SeenFile[] {
  const moved = files.filter(isMoved);
  const all = operationsByProgram(moved);
  const found = operationsByProgram(moved.filter((file) => !isMade(file)));
  return files.map((file) => {
    if (!isMoved(file)) return file;
    const targets = isMade(file) ? all : found;
    const moves = new Set<string>();
    for (const program of file.by) for (const operation of targets.get(program) ?? []) moves.add(operation);
    return { ...file, moves: [...moves] };
  });
}

function operationsByProgram(
  files: readonly FileObservation[],
): ReadonlyMap<string, FileObservation['operations']> {
  const byProgram = new Map<string, FileObservation['operations']>();
  for (const { by, operations } of files)
    for (const program of by) byProgram.set(program, [...(byProgram.get(program) ?? []), ...operations]);
  return byProgram;
}
