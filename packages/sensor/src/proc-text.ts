import { readFileSync } from 'node:fs';

/** A file of /proc; '' when what it speaks of is gone. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
