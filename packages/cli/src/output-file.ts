import { writeFileSync } from 'node:fs';
import { UsageError } from './command.js';

/** Writes what a command made; `-` stands for standard output. */
export function writeOutput(path: string, text: string, mode = 0o666): void {
  if (path === '-') {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(path, text, { mode });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot write \`${path}\`: ${message}`, 'name a file in a folder that exists');
  }
}
