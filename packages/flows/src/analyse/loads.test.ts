import { describe, expect, test } from 'vitest';
import { MODELLED_LOADS, measureLoads, outcomeTables } from '../testing/index.js';

/** Told all the same, and why that is so stands on the page. */
const KNOWN_TO_BE_TOLD = /without a name|first after one|switched on after|four words|UUID|package downloads/;
/** The price of not telling telemetry. */
const KNOWN_TO_BE_MISSED = /since the start, by name/;

describe('of modelled loads', () => {
  const outcomes = measureLoads(2);

  test.each(outcomes.map((outcome) => [outcome.load.name, outcome] as const))(
    '%s',
    (name, { load, told }) => {
      if (!load.isHostile) {
        if (!KNOWN_TO_BE_TOLD.test(name)) expect([...told.keys()]).toEqual([]);
        return;
      }
      const count = load.meant === undefined ? 0 : (told.get(load.meant) ?? 0);
      expect(count).toBe(KNOWN_TO_BE_MISSED.test(name) ? 0 : 2);
    },
  );

  test('each hostile one is meant for a detector, which has a row', () => {
    const tables = outcomeTables(outcomes);
    for (const { isHostile, meant } of MODELLED_LOADS) {
      expect(meant !== undefined).toBe(isHostile);
      if (meant !== undefined) expect(tables).toContain(`| \`${meant}\` |`);
    }
  });
});
