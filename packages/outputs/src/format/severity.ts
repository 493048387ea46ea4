import type { Priority } from '@runward/rules';

/** Of each priority: the severities of RFC 5424, OCSF, CEF, OpenTelemetry and PagerDuty. */
// biome-ignore format: a table reads best as a table
export const SEVERITIES: Readonly<Record<Priority, {
  readonly syslog: number; readonly ocsf: number; readonly cef: number; readonly otel: number; readonly pagerDuty: string;
}>> = {
  Emergency:     { syslog: 0, ocsf: 6, cef: 10, otel: 24, pagerDuty: 'critical' },
  Alert:         { syslog: 1, ocsf: 5, cef: 9,  otel: 22, pagerDuty: 'critical' },
  Critical:      { syslog: 2, ocsf: 5, cef: 8,  otel: 21, pagerDuty: 'critical' },
  Error:         { syslog: 3, ocsf: 4, cef: 7,  otel: 17, pagerDuty: 'error' },
  Warning:       { syslog: 4, ocsf: 3, cef: 6,  otel: 13, pagerDuty: 'warning' },
  Notice:        { syslog: 5, ocsf: 2, cef: 4,  otel: 10, pagerDuty: 'info' },
  Informational: { syslog: 6, ocsf: 1, cef: 2,  otel: 9,  pagerDuty: 'info' },
  Debug:         { syslog: 7, ocsf: 1, cef: 0,  otel: 5,  pagerDuty: 'info' },
};

/** Since the epoch, of an RFC 3339 time with nanoseconds. */
export const milliseconds = (time: string): number => Date.parse(time);

/** The same in nanoseconds, as text. */
export function nanoseconds(time: string): string {
  const fraction = /\.(\d{1,9})/.exec(time)?.[1]?.padEnd(9, '0') ?? '000000000';
  return String(BigInt(Math.floor(Date.parse(time) / 1000)) * 1_000_000_000n + BigInt(fraction));
}
