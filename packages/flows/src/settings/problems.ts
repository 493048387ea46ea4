import type { Diagnostic } from '@runward/core';
import { SettingsReader } from '@runward/yaml';

export type SettingsDiagnosticCode =
  | 'FLOWS_SETTINGS_SYNTAX'
  | 'FLOWS_SETTINGS_KEY'
  | 'FLOWS_SETTINGS_TYPE'
  | 'FLOWS_SETTINGS_VALUE';

export type SettingsDiagnostic = Diagnostic<SettingsDiagnosticCode>;

/** Gathers what is wrong while a file is read. */
export class Problems extends SettingsReader<SettingsDiagnosticCode> {
  constructor() {
    super({
      syntax: 'FLOWS_SETTINGS_SYNTAX',
      key: 'FLOWS_SETTINGS_KEY',
      type: 'FLOWS_SETTINGS_TYPE',
      value: 'FLOWS_SETTINGS_VALUE',
    });
  }
}
