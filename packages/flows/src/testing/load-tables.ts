import { DETECTORS, type Detector } from '../analyse/index.js';
import { MODELLED_LOADS, type ModelledLoad } from './loads.js';

/** Of how many runs of a load each detector told something. */
export interface LoadOutcome {
  readonly load: ModelledLoad;
  readonly runs: number;
  readonly told: ReadonlyMap<Detector, number>;
}

/** The same for the same number of runs: seeds are 1, 2, 3 … */
export const measureLoads = (runs: number, loads = MODELLED_LOADS): readonly LoadOutcome[] =>
  loads.map((load) => {
    const told = new Map<Detector, number>();
    for (let seed = 1; seed <= runs; seed += 1)
      for (const detector of load.detectors(seed)) told.set(detector, (told.get(detector) ?? 0) + 1);
    return { load, runs, told };
  });

const percent = (part: number, whole: number): string =>
  whole === 0 ? '-' : `${Math.round((1000 * part) / whole) / 10} %`;

/** What a page shows: each load with what was told of it, and each detector with its rates. */
export function outcomeTables(outcomes: readonly LoadOutcome[]): string {
  const [runs = 0] = outcomes.map((outcome) => outcome.runs);
  const told = ({ told: found }: LoadOutcome): string =>
    found.size === 0 ? 'none' : [...found].map(([detector, count]) => `\`${detector}\` ${count}`).join(', ');
  const sum = (some: readonly LoadOutcome[], detector: Detector): number =>
    some.reduce((total, outcome) => total + (outcome.told.get(detector) ?? 0), 0);
  const benign = outcomes.filter(({ load }) => !load.isHostile);
  const measured = DETECTORS.filter((detector) =>
    outcomes.some(({ load, told: found }) => load.meant === detector || found.has(detector)),
  );
  return [
    `| Modelled load | Runs of ${runs} in which something was told |`,
    '|---|---|',
    ...outcomes.map((outcome) => `| ${outcome.load.name} | ${told(outcome)} |`),
    '',
    '| Detector | Detected, of runs of the loads meant for it | False alarms, of runs of benign loads | Benign loads it was told of |',
    '|---|---|---|---|',
    ...measured.map((detector) => {
      const meant = outcomes.filter(({ load }) => load.meant === detector);
      const wrong = benign.filter(({ told: found }) => found.has(detector));
      const cells = [
        `\`${detector}\``,
        percent(sum(meant, detector), meant.length * runs),
        percent(sum(benign, detector), benign.length * runs),
        `${wrong.length} of ${benign.length}`,
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');
}
