/**
 * Formats: a detection as other systems read it. Pure.
 *
 * @packageDocumentation
 */
import type { Detection } from '@runward/detect';
import { cef } from './cef.js';
import { ecs } from './ecs.js';
import { ocsf } from './ocsf.js';
import { falco, runward, text } from './plain.js';

export { falco, runward, text } from './plain.js';

/** Formats that a file can ask for, by name. */
export const FORMATS: Readonly<Record<FormatName, (detection: Detection, version: string) => string>> = {
  falco,
  runward,
  ocsf,
  ecs,
  cef,
  text,
};
export type FormatName = 'falco' | 'runward' | 'ocsf' | 'ecs' | 'cef' | 'text';
