import { statSync } from 'node:fs';
import { UsageError } from './command.js';

/** The folder whose cases are tried; `what` are the things it holds beside them. */
export function testFolder(
  [folder, ...more]: readonly string[],
  usual: string | undefined,
  what: string,
): string {
  if (more.length > 0) throw new UsageError('more than one folder is named', 'test them one by one');
  const help = `name the folder that holds the ${what} and their *.test.yaml`;
  const chosen = folder ?? usual;
  if (chosen === undefined) throw new UsageError('no folder is named', help);
  if (statSync(chosen, { throwIfNoEntry: false })?.isDirectory()) return chosen;
  throw new UsageError(`\`${chosen}\` is no folder`, help);
}

/** `--coverage-min`. */
export function coverageMinimum(written: string | undefined): number | undefined {
  if (written === undefined) return undefined;
  const percent = /^\d{1,3}$/.test(written) ? Number(written) : Number.NaN;
  if (percent <= 100) return percent;
  throw new UsageError(`\`${written}\` is no percentage`, 'write a whole number from 0 to 100');
}
