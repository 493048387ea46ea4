import { readFileSync } from 'node:fs';
import type { ResponseSettings } from '@runward/respond/settings';
import { type OptionSpec, type Parsed, UsageError } from './command.js';

export const RESPONSE_SETTINGS_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'response-settings': {
    type: 'string',
    value: 'FILE',
    doc: 'whom responses may ask: revokers (`runward respond settings --help`)',
  },
};

/** More than any file of settings needs. */
const MOST_BYTES = 1024 * 1024;

/** What `--response-settings` names; undefined after the problems were printed. What reads it is loaded for it. */
export async function responseSettings(args: Parsed): Promise<ResponseSettings | undefined> {
  const path = args.text('response-settings');
  return path === undefined
    ? { revokers: [], kubernetes: undefined, webhooks: [], scripts: undefined }
    : readSettingsFile(path);
}

/** undefined after the problems were printed. @throws UsageError when there is no such file */
export async function readSettingsFile(path: string): Promise<ResponseSettings | undefined> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `the settings \`${path}\` cannot be read: ${reason}`,
      'check that the file exists and may be read',
    );
  }
  if (text.length > MOST_BYTES)
    throw new UsageError(`the settings \`${path}\` are larger than 1 MiB`, 'is it the right file?');
  const { readResponseSettings } = await import('@runward/respond/settings');
  const { settings, diagnostics } = readResponseSettings({ name: path, text });
  const { printPolicyDiagnostics } = await import('./policy-text.js');
  printPolicyDiagnostics(diagnostics);
  return settings;
}
