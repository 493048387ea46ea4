import { GROUP_BY, type GroupQuery } from './telemetry.js';
import { exactWhereOf, type Where } from './where.js';

const NAME = /^[A-Za-z][A-Za-z0-9]*$/;
/** Beyond it a number is not exact, and nothing that is counted comes near. */
const MOST = 9e15;

/**
 * A question for groups: `latest` the position of the latest record of each, `n` how many, `first` and `last` when, `s0`, `s1`… the sums.
 * Bodies are of nodes: one that the store cannot read adds nothing.
 */
export function groupText({ filter, by, sums }: GroupQuery, most: number): Where {
  const { text, values } = exactWhereOf(filter);
  const columns = GROUP_BY.filter((column) => by.includes(column));
  const paths = sums.map((names) => {
    if (names.length === 0 || !names.every((name) => NAME.test(name)))
      throw new TypeError(`\`${names.join('.')}\` leads to nothing in a body`);
    return `'$.${names.join('.')}'`;
  });
  const numbers = paths.length === 0 ? '' : `, TRY(json_extract(body, [${paths.join(', ')}])) AS numbers`;
  const added = paths.map((_, at) => `, sum(${numberText(at)}) AS s${at}`).join('');
  const grouping = columns.length === 0 ? '' : `GROUP BY ${columns.join(', ')}`;
  return {
    text: `SELECT arg_max(position, row(time, position)) AS latest, count(*) AS n, min(time) AS first, max(time) AS last${added}
      FROM (SELECT position, time${columns.map((column) => `, ${column}`).join('')}${numbers} FROM records WHERE ${text})
      ${grouping} ORDER BY last DESC, latest DESC LIMIT ${most}`,
    values,
  };
}

const numberText = (at: number): string =>
  `coalesce(least(greatest(try_cast(numbers[${at + 1}] AS DOUBLE), 0), ${MOST}), 0)`;
