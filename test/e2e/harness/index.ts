import { OciRuntime } from './oci-runtime.js';
import type { TestRuntime } from './runtime.js';

export const allRuntimes: readonly (() => TestRuntime)[] = [
  () => new OciRuntime('runc'),
  () => new OciRuntime('crun'),
];
