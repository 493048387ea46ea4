import type { SensorReport } from '../messages.js';
import type { CanaryResult } from './canary.js';
import type { Metric } from './exposition.js';

const one = (name: string, type: Metric['type'], help: string, value: number): Metric => ({
  ...{ name: `runward_${name}`, type, help },
  samples: [{ value }],
});

export function sensorMetrics(report: SensorReport): readonly Metric[] {
  const { rss } = process.memoryUsage();
  return [
    one('events_total', 'counter', 'Events that reached the sensor.', report.events),
    {
      ...{ name: 'runward_events_lost_total', type: 'counter', help: 'Events the kernel had no room for.' },
      samples: report.lost.map(({ type, cpu, count }) => ({
        labels: { type, cpu: String(cpu) },
        value: count,
      })),
    },
    one('detections_total', 'counter', 'Detections, of policies too.', report.detections),
    one('verdicts_total', 'counter', 'Verdicts of policies.', report.verdicts),
    one(
      'detections_grouped_total',
      'counter',
      'Detections counted in a group instead of being told.',
      report.noise.grouped,
    ),
    one('detections_limited_total', 'counter', 'Detections over the rate limit.', report.noise.limited),
    one(
      'correlation_groups',
      'gauge',
      'Groups that sequences and thresholds remember.',
      report.correlations.groups,
    ),
    one(
      'correlation_evicted_total',
      'counter',
      'Groups given up for want of room.',
      report.correlations.evicted,
    ),
    one('rules', 'gauge', 'Rules in force.', report.rules),
    one('cpu_seconds_total', 'counter', 'User and system time of the agent.', report.cpuSeconds),
    one('resident_bytes', 'gauge', 'Memory of the agent.', rss),
  ];
}

export const canaryMetrics = ({ healthy, tookMs }: CanaryResult): readonly Metric[] => [
  one('healthy', 'gauge', 'Whether a rule fires for a program that was started.', healthy ? 1 : 0),
  ...(tookMs === undefined ? [] : [one('canary_seconds', 'gauge', 'How long that took.', tookMs / 1000)]),
];
