import type { SourceFile } from '@runward/yaml';
import { type DrillDiagnostic, Problems } from '../document/problems.js';
import { type DocumentOf, readDocuments } from '../document/read-documents.js';
import { type Scenario, scenarioShape } from './scenario.js';

export interface ScenarioReading {
  readonly scenarios: readonly Scenario[];
  readonly diagnostics: readonly DrillDiagnostic[];
}

/** Scenarios of files, one each, with all that is wrong with them. Any text may come. */
export function readScenarios(files: readonly SourceFile[]): ScenarioReading {
  const problems = new Problems();
  const documents = readDocuments(files, { shape: scenarioShape, name: 'a scenario' }, problems);
  const seen = new Map<string, string>();
  const sound = documents.filter((document) => {
    const before = problems.found.length;
    judge(document, problems);
    const { id } = document.value;
    const first = seen.get(id);
    if (first !== undefined) {
      const help = `\`${first}\` has it already: give this one another`;
      problems.tell('DRILL_TWICE', `the id \`${id}\` is given twice`, help, document.node.span);
    }
    seen.set(id, first ?? document.file);
    return problems.found.length === before;
  });
  return { scenarios: sound.map(({ value }) => value), diagnostics: problems.found };
}

/** What keys say together. */
function judge({ value, node }: DocumentOf<Scenario>, problems: Problems): void {
  const tell = (message: string, help: string): void =>
    void problems.tell('DRILL_VALUE', message, help, node.span);
  const { benign = false, expect, tactic, technique, theme } = value;
  if (benign && expect !== undefined)
    tell('a look-alike expects nothing to be reported', 'leave out `expect` or `benign`');
  if (benign !== (theme === 'ordinary'))
    tell(
      `\`theme: ${theme}\` does not go with \`benign: ${benign}\``,
      'look-alikes, and only they, are of the theme `ordinary`',
    );
  if (!benign && (tactic === undefined || technique === undefined))
    tell('`tactic` and `technique` are missing', 'name those of MITRE ATT&CK that the scenario exercises');
  const { rules = [], techniques, any } = expect ?? {};
  if (!benign && any === false && rules.length === 0 && techniques?.length === 0)
    tell('nothing would count as detected', 'name `rules` or `techniques`, or leave out `expect`');
}
