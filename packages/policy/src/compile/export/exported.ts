import type { EffectiveLine } from '../../decide/effective.js';
import { type PolicyDiagnostic, policyDiagnostic } from '../../diagnostics/codes.js';
import type { SectionName } from '../../model/policy.js';
import { placeOf } from './reasons.js';
import type { ExportSubject } from './subject.js';

export interface Exported {
  /** Undefined when there is nothing to write. */
  readonly text: string | undefined;
  readonly diagnostics: readonly PolicyDiagnostic[];
}

interface Shortfall {
  readonly code: 'POLICY_EXPORT_WIDER' | 'POLICY_EXPORT_NARROWER';
  readonly what: string;
  readonly lines: EffectiveLine[];
}

const LISTED = 8;

/**
 * What a format cannot say of a policy. Wider: it lets more happen than the policy does; narrower: less. Lines with
 * the same shortfall are told together: a learnt policy may have thousands.
 */
export class Shortfalls {
  readonly #found = new Map<string, Shortfall>();

  /** `what`: what cannot be said, as in "AppArmor cannot say …". */
  wider(line: EffectiveLine, what: string): void {
    this.#add('POLICY_EXPORT_WIDER', line, what);
  }

  narrower(line: EffectiveLine, what: string): void {
    this.#add('POLICY_EXPORT_NARROWER', line, what);
  }

  /** Limits of rate and bandwidth, which no format here has. */
  limits(lines: readonly EffectiveLine[]): void {
    for (const line of lines)
      if (line.terms.kind === 'limit') this.wider(line, 'limits of rate and bandwidth');
  }

  #add(code: Shortfall['code'], line: EffectiveLine, what: string): void {
    const key = `${code}\0${line.section}\0${what}`;
    const known = this.#found.get(key);
    if (known === undefined) this.#found.set(key, { code, what, lines: [line] });
    else if (!known.lines.includes(line)) known.lines.push(line);
  }

  /** `format`: its name, in words for people. */
  diagnostics(format: string): readonly PolicyDiagnostic[] {
    return [...this.#found.values()].flatMap(({ code, what, lines }) => {
      const [first] = lines;
      if (first === undefined) return [];
      const sense = code === 'POLICY_EXPORT_WIDER' ? 'more' : 'less';
      const which = lines.length === 1 ? 'this line' : `these ${lines.length} lines`;
      const message = `${format} cannot say ${what}: of ${which} it allows ${sense} than the policy`;
      const named = lines.slice(0, LISTED).map(placeOf).join(', ');
      const rest = lines.length > LISTED ? ` and ${lines.length - LISTED} more` : '';
      return [policyDiagnostic(code, message, `lines: ${named}${rest}`, first.span, pathOf(first.section))];
    });
  }
}

const pathOf = (section: SectionName): string => `spec.${section}`;

/** A policy without any section the format is about. */
export const nothingToSay = (
  subject: ExportSubject,
  format: string,
  sections: readonly SectionName[],
): Exported => ({
  text: undefined,
  diagnostics: [
    policyDiagnostic(
      'POLICY_EXPORT_NOTHING',
      `\`${subject.name}\` says nothing that ${format} could`,
      `it is made from ${sections.join(', ')}: write one of these sections, or choose another format`,
      subject.span,
      'spec',
    ),
  ],
});
