import type { SourceFile } from '@runward/yaml';
import { type DrillDiagnostic, listed, Problems } from '../document/problems.js';
import { type DocumentOf, readDocuments } from '../document/read-documents.js';
import { END, type Exercise, exerciseShape } from './exercise.js';

export interface ExerciseReading {
  /** Undefined when there is a problem. */
  readonly exercise: Exercise | undefined;
  readonly diagnostics: readonly DrillDiagnostic[];
}

/** An exercise, with all that is wrong with it. Any text may come. */
export function readExercise(file: SourceFile): ExerciseReading {
  const problems = new Problems();
  const [document] = readDocuments([file], { shape: exerciseShape, name: 'an exercise' }, problems);
  if (document !== undefined) judge(document, problems);
  return {
    exercise: problems.found.length > 0 ? undefined : document?.value,
    diagnostics: problems.found,
  };
}

/** Every scene can be reached, and every way comes to an end: options lead forward only. */
function judge({ value: { scenes }, node }: DocumentOf<Exercise>, problems: Problems): void {
  const ids = scenes.map(({ id }) => id);
  const reached = new Set([ids[0]]);
  for (const [i, { id, options }] of scenes.entries()) {
    if (id === END || ids.indexOf(id) !== i) {
      const help = id === END ? '`end` stands for the end' : 'give each scene a name of its own';
      problems.tell('DRILL_TWICE', `the scene \`${id}\` cannot be called so`, help, node.span);
    }
    for (const { leads } of options) {
      const to = leads ?? ids[i + 1] ?? END;
      reached.add(to);
      if (to === END || ids.indexOf(to) > i) continue;
      const later = [...ids.slice(i + 1), END];
      const message = `\`leads: ${to}\` of the scene \`${id}\` is no later scene`;
      problems.tell('DRILL_VALUE', message, `use one of ${listed(later)}`, node.span);
    }
  }
  for (const id of ids.filter((each) => !reached.has(each))) {
    const message = `no option leads to the scene \`${id}\``;
    problems.tell('DRILL_VALUE', message, 'lead to it from an earlier one, or remove it', node.span);
  }
}
