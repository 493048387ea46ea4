import { list, map, needed, optional, type Read, text, whole, word } from '../document/shape.js';

const paragraph = (what: string) => text({ what, most: 4096 });
const line = (what: string) => text({ what, most: 200 });
const ID = text({ what: 'small letters, digits and `-`', most: 48, pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' });

/** What people make of a decision afterwards. */
export const RATINGS = ['good', 'fair', 'poor'] as const;
export type Rating = (typeof RATINGS)[number];

/** Stands for no further scene. */
export const END = 'end';

const optionShape = map({
  text: needed(line('what is done, in a line'), 'What is done.'),
  rating: needed(word(RATINGS), 'How good it is, for the report; it is not told before the end.'),
  effect: needed(paragraph('what comes of it'), 'What comes of it; told at once.'),
  lesson: optional(paragraph('what is to be learnt'), 'Why it is good or poor; told in the report.'),
  leads: optional(ID, 'The scene that follows: a later one, or `end` (default: the next).'),
});

const sceneShape = map({
  id: needed(ID, 'The name of the scene.'),
  title: needed(line('one line'), 'What it is, in a line.'),
  inject: needed(paragraph('what is told'), 'What the participants are told.'),
  ask: needed(line('a question'), 'What they are to decide.'),
  within: needed(whole(1, 86_400), 'Seconds in which it should be decided.'),
  options: needed(list(optionShape, 2, 9), 'What they may do.'),
});

export const exerciseShape = map({
  id: needed(ID, 'The name of the exercise.'),
  title: needed(line('one line'), 'What it is about.'),
  brief: needed(paragraph('what is known at the start'), 'What everybody knows at the start.'),
  aims: optional(list(line('an aim'), 0, 16), 'What the exercise is to find out.'),
  scenes: needed(list(sceneShape, 1, 64), 'In order; options lead to later ones.'),
  debrief: optional(
    list(line('a question'), 0, 16),
    'Questions for the talk afterwards; answers are written down.',
  ),
});

export type Exercise = Read<typeof exerciseShape>;
export type Scene = Exercise['scenes'][number];
export type Option = Scene['options'][number];

/** The JSON Schema of exercises, for editors (draft 7). */
export const exerciseSchemaText = (): string =>
  `${JSON.stringify(
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Tabletop exercise',
      description: 'A guided exercise for people: docs/drills.md.',
      ...exerciseShape.schema,
    },
    null,
    2,
  )}\n`;
