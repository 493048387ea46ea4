import type { EffectiveLine } from '../decide/effective.js';
import { mergePolicies } from '../decide/merge.js';
import type { RuntimePolicy } from '../model/policy.js';
import { lineLabel } from '../words/line-label.js';

export interface CoveredLine {
  readonly policy: string;
  readonly label: string;
  readonly file: string;
  readonly line: number;
  /** Actions of passed cases it decided. */
  readonly decided: number;
}

/** Which lines decide something in the cases that passed. */
export interface LinesCovered {
  readonly lines: readonly CoveredLine[];
  readonly total: number;
  readonly covered: number;
  /** Rounded down; 100 when there is nothing to cover. */
  readonly percent: number;
}

/** Lines of sections in monitor or protect; the others decide nothing. */
export class LineCoverage {
  readonly #lines = new Map<string, { readonly line: EffectiveLine; decided: number }>();

  constructor(policies: readonly RuntimePolicy[]) {
    for (const policy of policies)
      for (const line of mergePolicies([policy]).lines) this.#lines.set(keyOf(line), { line, decided: 0 });
  }

  note(line: EffectiveLine): void {
    const known = this.#lines.get(keyOf(line));
    if (known !== undefined) known.decided += 1;
  }

  report(): LinesCovered {
    const lines = [...this.#lines.values()].map(({ line, decided }) => ({
      ...{ policy: line.policy, label: lineLabel(line), file: line.span.file, line: line.span.line, decided },
    }));
    const covered = lines.filter(({ decided }) => decided > 0).length;
    const percent = lines.length === 0 ? 100 : Math.floor((100 * covered) / lines.length);
    return { lines, total: lines.length, covered, percent };
  }
}

const keyOf = ({ policy, section, span, terms }: EffectiveLine): string =>
  `${policy}\0${section}\0${span.file}:${span.line}:${span.column}\0${terms.kind}`;
