import type { Configuration } from '../configuration/configuration.js';
import { compareContainment } from './containment.js';
import type { Difference } from './difference.js';
import { compareMounts } from './mounts.js';
import { compareProcess } from './process.js';
import { compareResources } from './resources.js';

/** Every difference of a configuration from the approved one; none only where their digests are equal. Pure. */
export const compare = (approved: Configuration, actual: Configuration): readonly Difference[] => [
  ...compareProcess(approved.process, actual.process),
  ...compareContainment(approved, actual),
  ...compareMounts(approved, actual),
  ...compareResources(approved, actual),
];
