import { readFileSync } from 'node:fs';
import type { IntegritySettings } from '@runward/integrity';
import { UsageError } from './command.js';
import { printDiagnostics } from './diagnostics-text.js';

/** More than any file of settings needs. */
const MOST_BYTES = 1024 * 1024;

/** undefined: the file has errors, which were printed. @throws UsageError when it cannot be read */
export async function readIntegrityFile(path: string): Promise<IntegritySettings | undefined> {
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
  const { readSettings } = await import('@runward/integrity');
  const { settings, problems } = readSettings({ name: path, text });
  printDiagnostics(problems);
  return problems.length > 0 ? undefined : settings;
}
