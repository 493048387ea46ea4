import { readFileSync } from 'node:fs';
import type { Settings } from '@runward/flows/analyse';
import { type Parsed, UsageError } from './command.js';
import { printDiagnostics } from './diagnostics-text.js';

/** More than any file of settings needs. */
const MOST_BYTES = 1024 * 1024;

/** Network detections that were asked for. */
export interface NetworkChoice {
  /** undefined: the defaults. */
  readonly settings: Settings | undefined;
}

/** undefined: network detections were not asked for. `rejected`: their file has errors, which were printed. */
export async function networkDetections(args: Parsed): Promise<NetworkChoice | 'rejected' | undefined> {
  const path = args.text('network-settings');
  if (path === undefined) return args.flag('network-detections') ? { settings: undefined } : undefined;
  const option = ['no-flows', 'no-socket'].find((name) => args.flag(name));
  if (option !== undefined) {
    throw new UsageError(
      `\`--network-settings\` and \`--${option}\` exclude each other`,
      'network detections look at flows, which are kept with the control socket: leave one of them out',
    );
  }
  const text = readText(path);
  // Only now: most starts have no such file.
  const { readSettings } = await import('@runward/flows/settings');
  const { settings, problems } = readSettings({ name: path, text });
  printDiagnostics(problems);
  return problems.length > 0 ? 'rejected' : { settings };
}

function readText(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `the network settings \`${path}\` cannot be read: ${reason}`,
      'check that the file exists and may be read',
    );
  }
  if (text.length <= MOST_BYTES) return text;
  throw new UsageError(`the network settings \`${path}\` are larger than 1 MiB`, 'is it the right file?');
}
