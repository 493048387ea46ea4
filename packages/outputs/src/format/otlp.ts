import { toJson } from '@runward/core';
import type { Detection } from '@runward/detect';
import { nanoseconds, SEVERITIES } from './severity.js';

type Value = { readonly stringValue: string } | { readonly intValue: string } | { readonly arrayValue: { readonly values: readonly Value[] } }; // biome-ignore format: one line

const attribute = (key: string, value: string | number | readonly string[]) => ({
  key,
  value: asValue(value),
});
function asValue(value: string | number | readonly string[]): Value {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') return { intValue: String(value) };
  return { arrayValue: { values: value.map((each) => ({ stringValue: each })) } };
}

/** One log record of OpenTelemetry's JSON encoding, with attributes by its semantic conventions. */
export function otlp(d: Detection): string {
  const { container, process } = d;
  const attributes = [
    attribute('event.name', 'runward.detection'),
    attribute('security_rule.name', d.rule),
    attribute('runward.priority', d.priority),
    attribute('runward.source', d.source),
    attribute('runward.event', d.event.type),
    attribute('runward.tags', d.tags),
    attribute('process.pid', process.pid),
    attribute('process.executable.name', process.name),
    attribute('process.executable.path', process.exe),
    attribute('process.command_args', process.args),
    attribute('process.owner', process.user),
    ...(container === null
      ? []
      : [
          attribute('container.id', container.id),
          attribute('container.name', container.name),
          attribute('container.runtime', container.runtime),
          attribute('container.image.name', container.image),
          ...(container.pod === ''
            ? []
            : [
                attribute('k8s.pod.name', container.pod),
                attribute('k8s.namespace.name', container.namespace),
              ]),
        ]),
    ...(d.policy === undefined
      ? []
      : [attribute('runward.policy', d.policy.policy), attribute('runward.outcome', d.policy.outcome)]),
    attribute('runward.output_fields', toJson(d.output_fields)),
  ];
  return toJson({
    timeUnixNano: nanoseconds(d.time),
    observedTimeUnixNano: nanoseconds(d.time),
    severityNumber: SEVERITIES[d.priority].otel,
    severityText: d.priority,
    body: { stringValue: d.output },
    attributes,
  });
}

/** What is posted to `/v1/logs`: the records of one host. */
export const otlpRequest = (records: readonly string[], hostname: string, version: string): string =>
  `{"resourceLogs":[{"resource":{"attributes":${toJson([attribute('service.name', 'runward'), attribute('service.version', version), attribute('host.name', hostname)])}},"scopeLogs":[{"scope":{"name":"runward"},"logRecords":[${records.join(',')}]}]}]}`;
