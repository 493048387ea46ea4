/**
 * Settings: the file that says what the detectors of flows go by. Pure; user input never makes it throw.
 *
 * @packageDocumentation
 */
export type { SettingsDiagnostic, SettingsDiagnosticCode } from './problems.js';
export { type ReadSettings, readSettings } from './read-settings.js';
export { defaultSettingsText } from './settings-text.js';
