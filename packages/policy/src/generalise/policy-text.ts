import type { SectionName } from '../model/policy.js';
import { confidenceOf } from '../profile/confidence.js';
import type { WorkloadProfile } from '../profile/profile.js';
import { whyOf } from './comment.js';
import type { GeneralisedLine, PlannedLine } from './planned-line.js';
import { quote } from './quote.js';

/** A section: its settings, then its lines; both with why. */
export interface PlannedSection {
  readonly settings: readonly { readonly key: string; readonly value: string; readonly why: string }[];
  readonly lines: readonly PlannedLine[];
}

export interface Head {
  readonly name: string;
  readonly mode: string;
  readonly owner: string;
  readonly version: string;
  readonly description: string | undefined;
  /** YAML of what follows `selector:`, one entry per line. */
  readonly selector: readonly string[];
}

/** The text of a policy in the making; knows on which line everything comes to stand. */
export class PolicyText {
  readonly #rows: string[] = [];
  readonly #lines: GeneralisedLine[] = [];

  get text(): string {
    return `${this.#rows.join('\n')}\n`;
  }

  get lines(): readonly GeneralisedLine[] {
    return this.#lines;
  }

  head(profile: WorkloadProfile, head: Head): void {
    const { summary, warnings } = confidenceOf(profile);
    const description = head.description ?? `Learnt from ${profile.workload}: ${summary}.`;
    this.#rows.push(
      ...['# What was seen is allowed, everything else denied. Each line says why it is there.'],
      ...warnings.map((warning) => `# Note: ${warning}.`),
      ...['apiVersion: runward.dev/v1alpha1', 'kind: RuntimePolicy', 'metadata:', `  name: ${head.name}`],
      'spec:',
      ...(head.owner === '' ? [] : [`  owner: ${quote(head.owner)}`]),
      ...(head.version === '' ? [] : [`  version: ${JSON.stringify(head.version)}`]),
      ...(description === '' ? [] : [`  description: ${quote(description)}`]),
      ...['  selector:', ...head.selector.map((row) => `    ${row}`), `  mode: ${quote(head.mode)}`],
    );
  }

  section(section: SectionName, { settings, lines }: PlannedSection): void {
    this.#rows.push(`  ${section}:`);
    for (const { key, value, why } of settings) {
      this.#rows.push(`    ${key}: ${value} # ${why}`);
      const verdict = value === 'deny' || value === 'true' ? 'deny' : 'allow';
      this.#lines.push({
        ...{ line: this.#rows.length, section, verdict, subject: `${key}: ${value}` },
        ...{ reason: 'setting', why, observations: [] },
      });
    }
    for (const verdict of ['deny', 'allow'] as const) {
      const listed = lines.filter((line) => line.verdict === verdict);
      if (listed.length > 0) this.#rows.push(`    ${verdict}:`);
      for (const line of listed) this.#entry(section, line);
    }
  }

  #entry(section: SectionName, line: PlannedLine): void {
    const why = whyOf(line);
    this.#rows.push(`      - ${line.yaml} # ${why}`);
    const { verdict, subject, reason, observations } = line;
    this.#lines.push({ line: this.#rows.length, section, verdict, subject, reason, why, observations });
  }
}
