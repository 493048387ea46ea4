import { NAME } from './numbers.js';
import { GROUP_BY, type GroupQuery } from './telemetry.js';
import { type Where, whereOf } from './where.js';

/** Beyond it a number is not exact, and nothing that is counted comes near. */
const MOST = 9e15;

/**
 * A question for groups: `latest` the position of the latest record of each, `n` how many, `first` and `last` when, `s0`, `s1`… the sums.
 * Bodies are of nodes: one that the store cannot read adds nothing.
 */
export function groupText({ filter, by, sums }: GroupQuery, most: number): Where {
  const { text, values } = whereOf(filter);
  const columns = GROUP_BY.filter((column) => by.includes(column));
  for (const names of sums)
    if (names.length === 0 || !names.every((name) => NAME.test(name)))
      throw new TypeError(`\`${names.join('.')}\` leads to nothing in a body`);
  // All numbers of a body are read in one go: six times as fast as one after the other.
  const numbers =
    sums.length === 0 ? '' : `, TRY(json_transform(body, '${JSON.stringify(structureOf(sums))}')) AS numbers`;
  const added = sums.map((names, at) => `, sum(${numberText(names)}) AS s${at}`).join('');
  const grouping = columns.length === 0 ? '' : `GROUP BY ${columns.join(', ')}`;
  return {
    text: `SELECT arg_max(position, row(time, position)) AS latest, count(*) AS n, min(time) AS first, max(time) AS last${added}
      FROM (SELECT position, time${columns.map((column) => `, ${column}`).join('')}${numbers} FROM records WHERE ${text})
      ${grouping} ORDER BY last DESC, latest DESC LIMIT ${most}`,
    values,
  };
}

interface Structure {
  [name: string]: Structure | 'DOUBLE';
}

/** What is looked for in a body, as the store has it: `{"sums":{"bytesIn":"DOUBLE"}}`. */
function structureOf(paths: readonly (readonly string[])[]): Structure {
  const whole: Structure = {};
  for (const names of paths) {
    let within = whole;
    for (const name of names.slice(0, -1)) {
      const known = within[name];
      const next: Structure = typeof known === 'object' ? known : {};
      within[name] = next;
      within = next;
    }
    within[names.at(-1) ?? ''] = 'DOUBLE';
  }
  return whole;
}

const numberText = (names: readonly string[]): string =>
  `coalesce(least(greatest(numbers.${names.map((name) => `"${name}"`).join('.')}, 0), ${MOST}), 0)`;
