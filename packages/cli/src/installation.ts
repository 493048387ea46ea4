import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the installation: packages/cli/dist is three levels below. */
const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

export const defaultRules = join(root, 'rules');
export const sensorObject = join(root, 'build/bpf/sensor.bpf.o');
export const packageFile = join(root, 'package.json');
