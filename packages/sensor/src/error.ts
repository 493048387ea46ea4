import { RunwardError } from '@runward/core';

export type SensorErrorCode =
  | 'SENSOR_OBJECT_MISSING'
  | 'SENSOR_LAYOUT_MISMATCH'
  | 'SENSOR_LOAD_FAILED'
  | 'SENSOR_ATTACH_FAILED'
  | 'SENSOR_NOT_PERMITTED'
  | 'SENSOR_RING_FAILED'
  | 'SENSOR_CGROUP_UNKNOWN';

/** Thrown while the sensor starts; once it runs, problems are counted and reported, not thrown. */
export class SensorError extends RunwardError<SensorErrorCode> {
  override readonly name = 'SensorError';
}
