import { readFileSync } from 'node:fs';
import type { OutputSettings } from '@runward/outputs';
import { UsageError } from './command.js';
import { printDiagnostics } from './diagnostics-text.js';

/** More than any file of outputs needs. */
const MOST_BYTES = 1024 * 1024;

/** The outputs a file names; `rejected`: it has errors, which were printed. */
export async function readOutputsFile(path: string): Promise<readonly OutputSettings[] | 'rejected'> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `the outputs \`${path}\` cannot be read: ${reason}`,
      'check that the file exists and may be read',
    );
  }
  if (text.length > MOST_BYTES)
    throw new UsageError(`the outputs \`${path}\` are larger than 1 MiB`, 'is it the right file?');
  // Only now: most starts have no such file.
  const { readOutputs } = await import('@runward/outputs');
  const { outputs, problems } = readOutputs({ name: path, text });
  printDiagnostics(problems);
  return problems.length > 0 ? 'rejected' : outputs;
}
