import type { Diagnostic } from '@runward/core';
import { SettingsReader } from '@runward/yaml';

export type OutputsDiagnosticCode =
  | 'OUTPUTS_SETTINGS_SYNTAX'
  | 'OUTPUTS_SETTINGS_KEY'
  | 'OUTPUTS_SETTINGS_TYPE'
  | 'OUTPUTS_SETTINGS_VALUE';
export type OutputsDiagnostic = Diagnostic<OutputsDiagnosticCode>;

/** Gathers what is wrong while a file is read. */
export class Problems extends SettingsReader<OutputsDiagnosticCode> {
  constructor() {
    super({
      syntax: 'OUTPUTS_SETTINGS_SYNTAX',
      key: 'OUTPUTS_SETTINGS_KEY',
      type: 'OUTPUTS_SETTINGS_TYPE',
      value: 'OUTPUTS_SETTINGS_VALUE',
    });
  }
}
