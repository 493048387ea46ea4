import { createHash } from 'node:crypto';
import { canonical } from '@runward/evidence/canonical';
import type { Configuration } from './configuration.js';

/** Of the one text a configuration has (RFC 8785). */
export const digestOf = (configuration: Configuration): string =>
  `sha256:${createHash('sha256').update(canonical(configuration)).digest('hex')}`;
