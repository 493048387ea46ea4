import type { EffectiveLine } from '../../decide/effective.js';
import { CAPABILITY_NAMES } from '../../read/line-shapes.js';
import { type Exported, nothingToSay } from '../export/exported.js';
import { plainText, reasonOf } from '../export/reasons.js';
import { defaultDenial, type ExportSubject, lineAboutName, linesOf } from '../export/subject.js';

/** What is added and what is taken away, in the words of Docker and Kubernetes: `ALL` is every capability. */
export interface CapabilityChange {
  readonly add: readonly string[];
  readonly drop: readonly string[];
  /** By capability, and `ALL`. */
  readonly reasons: ReadonlyMap<string, EffectiveLine>;
}

/** Undefined when no policy has the section, or all it says is that everything is allowed. */
export function capabilityChange(subject: ExportSubject): CapabilityChange | undefined {
  if (linesOf(subject, 'capabilities').length === 0) return undefined;
  const fallback = defaultDenial(subject, 'capabilities');
  const about = CAPABILITY_NAMES.toSorted().flatMap((name) => {
    const line = lineAboutName(subject, 'capabilities', name);
    return line === undefined || line === fallback ? [] : [{ name, line }];
  });
  const named = about.filter(({ line }) => (line.verdict === 'allow') === (fallback !== undefined));
  const names = named.map(({ name }) => name);
  if (fallback === undefined && names.length === 0) return undefined;
  const reasons = new Map(named.map(({ name, line }) => [name, line]));
  if (fallback === undefined) return { add: [], drop: names, reasons };
  return { add: names, drop: ['ALL'], reasons: new Map([['ALL', fallback], ...reasons]) };
}

const FORMAT = 'a list of capabilities';

/** As JSON: for Kubernetes, for the command line of Docker and Podman, and, where it is known whole, for `config.json`. */
export function exportCapabilities(subject: ExportSubject): Exported {
  const change = capabilityChange(subject);
  if (change === undefined) return nothingToSay(subject, FORMAT, ['capabilities']);
  const { add, drop, reasons } = change;
  const held = add.map((name) => `CAP_${name}`);
  const names = subject.effective.policies.map(({ name }) => name).join(', ');
  const document = {
    comment: plainText(`made by runward from ${names}`),
    kubernetes: { drop, ...(add.length > 0 && { add }) },
    docker: [...drop.map((name) => `--cap-drop=${name}`), ...add.map((name) => `--cap-add=${name}`)],
    // Without `ALL` the rest is what whoever starts the container gives.
    ...(drop.includes('ALL') && {
      oci: { bounding: held, effective: held, permitted: held, inheritable: [], ambient: [] },
    }),
    reasons: Object.fromEntries([...reasons].map(([name, line]) => [name, reasonOf(line)])),
  };
  return { text: `${JSON.stringify(document, undefined, 2)}\n`, diagnostics: [] };
}
