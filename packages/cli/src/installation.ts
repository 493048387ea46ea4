import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the installation: packages/cli/dist is three levels below. */
const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

export const defaultRules = join(root, 'rules');
export const defaultDrills = join(root, 'drills');
/** Ordinary work, which a drill has done to see whether anything is reported of it. */
export const benignLoads = join(root, 'drills/load');
export const sensorObject = join(root, 'build/bpf/sensor.bpf.o');
export const flowsObject = join(root, 'build/bpf/flows.bpf.o');
export const isolateObject = join(root, 'build/bpf/isolate.bpf.o');
export const enforceObject = join(root, 'build/bpf/enforce.bpf.o');
/** The compiled front of the runtime wrapper. */
export const ociFront = join(root, 'build/oci/runward-oci');
/** Below it every room has what was compiled of it in `dist`. */
export const roomsFolder = join(root, 'packages');
/** Pages of the control plane, as built. */
export const builtPages = join(root, 'packages/web/dist');
export const runwardCommand = join(root, 'bin/runward');
export const packageFile = join(root, 'package.json');

/** What a recording says it was made by. */
export function versionText(): string {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }; // our own file
  return version;
}

export const producerName = (): string => `runward ${versionText()}`;
