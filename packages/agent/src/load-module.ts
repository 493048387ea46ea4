import { createRequire } from 'node:module';

/**
 * A module of this package, loaded when it is first needed: few agents learn, and this thread does not come back to its
 * event loop, so that an import would never be answered.
 */
export function load<Module>(path: string): Module {
  return createRequire(import.meta.url)(path) as Module; // the caller names the type beside the path
}
