import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { afterActionMarkdown, scoreTabletop, spanText } from './after-action.js';
import { type Exercise, exerciseSchemaText } from './exercise.js';
import { readExercise } from './read-exercise.js';
import { TabletopSession } from './session.js';

const folder = join(import.meta.dirname, '../../../../drills/tabletop');
const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

const option = (text: string, rating: 'good' | 'poor', leads?: string) => ({
  ...{ text, rating, effect: `${text} was done`, lesson: `about ${text}` },
  ...(leads === undefined ? {} : { leads }),
});
const EXERCISE = {
  ...{ id: 'e', title: 'An exercise', brief: 'b', aims: ['an aim'], debrief: ['What went well?'] },
  scenes: [
    {
      ...{ id: 'first', title: 'First', inject: 'i', ask: 'Now?', within: 60 },
      options: [option('wait', 'poor', 'third'), option('look', 'good')],
    },
    {
      ...{ id: 'second', title: 'Second', inject: 'i', ask: 'And now?', within: 30 },
      options: [option('stop', 'good', 'end'), option('go on', 'poor')],
    },
    {
      ...{ id: 'third', title: 'Third', inject: 'i', ask: 'At last?', within: 30 },
      options: [option('stop', 'good'), option('flee', 'poor')],
    },
  ],
} satisfies Exercise;

function play(): { readonly session: TabletopSession; readonly pass: (ms: number) => void } {
  let ms = 0;
  const clock = { now: () => new Date(Date.UTC(2026, 4, 1, 9) + ms), steadyMs: () => ms };
  const pass = (by: number): void => {
    ms += by;
  };
  return { session: new TabletopSession(EXERCISE, clock), pass };
}

describe('an exercise', () => {
  test.each(names)('that ships is sound, and the schema accepts it: %s', (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const { exercise, diagnostics } = readExercise({ name, text });
    expect(diagnostics).toEqual([]);
    expect(`${exercise?.id}.yaml`).toBe(name);
    const accepts = new Ajv({ strict: true, strictTypes: false }).compile(JSON.parse(exerciseSchemaText()));
    expect([accepts(parse(text)), accepts.errors]).toEqual([true, null]);
  });

  test('is read as it is written', () => {
    const { exercise, diagnostics } = readExercise({ name: 'e', text: JSON.stringify(EXERCISE) });
    expect([exercise, diagnostics]).toEqual([EXERCISE, []]);
  });

  const [first, second, third] = EXERCISE.scenes;
  test.each([
    ['an option that leads back', [first, { ...second, options: [option('a', 'good', 'first'), option('b', 'good')] }, third], 'is no later scene'],
    ['an option that leads nowhere', [first, { ...second, options: [option('a', 'good', 'fourth'), option('b', 'good')] }, third], 'is no later scene'],
    ['a scene that nothing leads to', [{ ...first, options: [option('a', 'good', 'third'), option('b', 'good', 'third')] }, second, third], 'no option leads to the scene `second`'],
    ['a name that is given twice', [first, second, { ...third, id: 'second' }], 'cannot be called so'],
    ['a scene that is called as the end', [first, second, { ...third, id: 'end' }], 'cannot be called so'],
    ['one option', [{ ...first, options: [option('a', 'good')] }], '`options` has 1 items'],
    ['a rating that is none', [{ ...first, options: [{ ...option('a', 'good'), rating: 'best' }, option('b', 'good')] }], '`best` is no rating'],
  ])('is refused for %s', (_, scenes, message) => {
    const { exercise, diagnostics } = readExercise({ name: 'e', text: JSON.stringify({ ...EXERCISE, scenes }) });
    expect(exercise).toBeUndefined();
    expect(diagnostics.map((each) => each.message).join('\n')).toContain(message);
  }); // biome-ignore format: a table
});

describe('a session', () => {
  test('times each decision from the telling of its scene', () => {
    const { session, pass } = play();
    pass(5_000);
    expect(session.decide(2)?.text).toBe('look');
    pass(40_000);
    expect(session.scene?.id).toBe('second');
    session.decide(1);
    expect(session.scene).toBeUndefined();
    const record = session.record(['Ann']);
    expect(record.decisions.map(({ scene, tookMs, rating }) => [scene, tookMs, rating])).toEqual([
      ['first', 5_000, 'good'],
      ['second', 40_000, 'good'],
    ]);
    expect([record.isComplete, record.startedAt, record.endedAt]).toEqual([
      true,
      '2026-05-01T09:00:00.000Z',
      '2026-05-01T09:00:45.000Z',
    ]);
    expect(scoreTabletop(record)).toMatchObject({ inTime: 1, medianMs: 5_000, totalMs: 45_000 });
  });

  test('goes where an option leads, and decides nothing by a number there is not', () => {
    const { session } = play();
    expect([session.decide(0), session.decide(3), session.scene?.id]).toEqual([
      undefined,
      undefined,
      'first',
    ]);
    session.decide(1);
    expect(session.scene?.id).toBe('third');
    expect(session.record([]).isComplete).toBe(false);
  });

  test('keeps notes with the decision they were written for', () => {
    const { session } = play();
    session.note('we do not know who owns it');
    session.decide(2);
    session.decide(2);
    expect(session.record([]).decisions.map(({ notes }) => notes)).toEqual([
      ['we do not know who owns it'],
      [],
    ]);
  });
});

describe('the report', () => {
  test('has the timeline, the lessons of what was poor or late, and the talk afterwards', () => {
    const { session, pass } = play();
    pass(61_000);
    session.decide(1);
    session.decide(1);
    session.answer('What went well?', 'nothing');
    const text = afterActionMarkdown(session.record(['Ann', 'Bob']));
    expect(text).toContain('- Participants: Ann, Bob');
    expect(text).toContain('- Decisions: 2, of them 1 good, 0 fair, 1 poor');
    expect(text).toContain('| 09:01:01 | First | wait | poor | 1 min 1 s | 1 min 0 s (over) |');
    expect(text).toContain('**What went well?**\n\nnothing');
    expect(text).toContain(
      '## To improve\n\n- First: took 1 min 1 s instead of 1 min 0 s; wait (poor): about wait\n',
    );
  });

  test('says that an exercise was broken off', () => {
    expect(afterActionMarkdown(play().session.record([]))).toContain('it was broken off');
  });

  test('takes what people wrote as text: nothing of it is markup', () => {
    const { session } = play();
    session.note('<script>alert(1)</script> [a](javascript:b)\n# head | cell');
    session.decide(1);
    const text = afterActionMarkdown(session.record(['*x*']));
    expect(text).not.toMatch(/<script>|^# head|(?<!\\)\[a|(?<!\\)\*x/m);
    expect(text).toContain('\\<script\\>');
  });
});

test.each([
  [400, '0 s'],
  [59_400, '59 s'],
  [61_000, '1 min 1 s'],
  [3_720_000, '1 h 2 min'],
])('%d ms are %s', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});
