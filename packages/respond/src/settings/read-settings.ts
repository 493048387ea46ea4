import type { SourceSpan } from '@runward/core';
import { Place, type PolicyDiagnostic, Reporter } from '@runward/policy/shape';
import { readYaml, type SourceFile } from '@runward/yaml';
import { type ResponseSettings, SETTINGS_KIND, settingsShape } from './response-settings.js';

export interface SettingsReading {
  /** undefined: there are problems. */
  readonly settings: ResponseSettings | undefined;
  /** With the codes of policies, which are read the same way. */
  readonly diagnostics: readonly PolicyDiagnostic[];
}

const MOST_CHARACTERS = 1024 * 1024;
const BEGINS = `it begins with \`apiVersion: runward.dev/v1alpha1\` and \`kind: ${SETTINGS_KIND}\``;

/** Reads the one document of a file. Never throws on what it holds; all problems come in one pass. */
export function readResponseSettings(file: SourceFile): SettingsReading {
  const reporter = new Reporter();
  const whole: SourceSpan = { file: file.name, line: 1, column: 1, endLine: 1, endColumn: 1 };
  if (file.text.length > MOST_CHARACTERS) {
    const message = `the file has ${file.text.length} characters; the limit is ${MOST_CHARACTERS}`;
    reporter.report('POLICY_LIMIT', message, 'is it the right file?', whole, '');
    return { settings: undefined, diagnostics: reporter.diagnostics };
  }
  const [document, second] = readYaml(file, reporter.yaml);
  if (document === undefined || document.kind !== 'map')
    reporter.report('POLICY_DOCUMENT', 'the file holds no settings', BEGINS, document?.span ?? whole, '');
  if (second !== undefined)
    reporter.report('POLICY_DOCUMENT', 'the file holds several documents', 'remove `---` and what follows it', second.span, ''); // biome-ignore format: one line
  const read = document?.kind === 'map' ? settingsShape.read(document, new Place(reporter, '')) : undefined;
  return { settings: reporter.errors > 0 ? undefined : read, diagnostics: reporter.diagnostics };
}

/** The JSON Schema of a file, for editors; draft 7, as that of policies. */
export const settingsJsonSchemaText = (): string =>
  `${JSON.stringify(
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: SETTINGS_KIND,
      description: 'Whom the agent may ask when it responds: docs/response.md.',
      ...settingsShape.schema('json'),
    },
    null,
    2,
  )}\n`;
