import { readObservations, tune } from '@runward/detect';
import { fieldCatalogue } from '@runward/events';
import type { RuleSet, SourceFile } from '@runward/rules';
import { entriesOf, type Incident, type TimelineEntry } from '../incident/incident.js';

export interface RuleException {
  /** A rule file that is loaded behind the others; '' when no rule is to blame. */
  readonly text: string;
  /** What of the incident it does not silence, and why. */
  readonly remarks: readonly string[];
}

/**
 * Exceptions that silence what an incident's rules found, as narrow as what was seen allows. The loader has read them
 * behind the rules, and they were tried on what was kept of the detections.
 */
export function ruleException(
  incident: Incident,
  files: readonly SourceFile[],
  ruleSet: RuleSet,
): RuleException {
  const entries = entriesOf(incident).filter(({ source }) => source !== 'policy' && source !== 'flow');
  if (entries.length === 0) return { text: '', remarks: [] };
  const { observations } = readObservations(entries.map((entry) => lineOf(entry, incident)).join('\n'));
  const tuning = tune(files, ruleSet, observations, { fields: fieldCatalogue, min: 1, narrow: true });
  const remarks = [
    ...[...tuning.unknown.keys()].map((rule) => `the rule \`${rule}\` is not loaded any more`),
    ...tuning.rules
      .filter(({ after }) => after > 0)
      .map(
        ({ name, after }) =>
          `${after} detections of \`${name}\` have nothing in common that an exception could name`,
      ),
    ...tuning.diagnostics.map(({ message }) => message),
  ];
  return { text: tuning.diagnostics.length > 0 ? '' : tuning.patch, remarks };
}

/** The detection again, as far as it was kept. */
function lineOf(entry: TimelineEntry, { containers }: Incident): string {
  const { rule, priority, count, fields, processName, exe, user, parentName } = entry;
  const container = containers.find(({ id }) => id === entry.container);
  return JSON.stringify({
    ...{ rule, priority, output_fields: fields, process: { name: processName, exe, user } },
    ...{ ancestors: [{ name: parentName }], container, ...(count > 1 ? { count: count + 1 } : {}) },
  });
}
