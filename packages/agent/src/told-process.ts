import type { CanaryRule } from '@runward/detect';
import type { Sensor } from '@runward/sensor';
import type { ToldProcess } from './messages.js';

/** What is known of a process; nothing of none. */
export const toldProcess = (pid: number | undefined, sensor: Sensor, canary: CanaryRule): ToldProcess =>
  pid === undefined
    ? { program: undefined, isCanary: false }
    : { program: sensor.processes.byPid(pid)?.executable.path, isCanary: canary.firedFor(pid) };
