import { toJson, visible } from '@runward/core';
import type { Detection } from '@runward/detect';

const SHORT_ID = 12;

/** Whose event it is, for every rule: outputs seldom say it, and consumers of Falco find it in these fields. */
function whereFields({ container }: Detection): Readonly<Record<string, string>> {
  if (container === null) return { 'container.id': 'host', 'container.name': 'host' };
  const { id, name, image, pod, namespace } = container;
  return {
    'container.id': id.slice(0, SHORT_ID),
    'container.name': name,
    ...(image === '' ? {} : { 'container.image': image }),
    ...(pod === '' ? {} : { 'k8s.pod.name': pod, 'k8s.ns.name': namespace }),
  };
}

/** The keys that consumers of Falco's JSON expect; a summary has a few more. */
export const falco = (d: Detection): string =>
  toJson({
    time: d.time,
    rule: d.rule,
    priority: d.priority,
    source: d.source,
    hostname: d.hostname,
    output: d.output,
    tags: d.tags,
    output_fields: { ...d.output_fields, ...whereFields(d) },
    ...summaryKeys(d),
    ...(d.incident === undefined ? {} : { incident: d.incident }),
  });

/** Of a summary only: how many detections it stands for and when they were. */
const summaryKeys = ({ count, firstTime, lastTime, limited }: Detection): object =>
  count === undefined ? {} : { count, firstTime, lastTime, ...(limited === true ? { limited } : {}) };

/** All that is known. */
export const runward = (d: Detection): string => toJson(d);

/** One line, whatever a container named its files. */
export const text = (d: Detection): string => {
  const where = d.container === null ? 'host' : d.container.name || d.container.id.slice(0, SHORT_ID);
  return visible(`${d.time} ${d.priority} ${d.rule} [${where}] ${d.output}`);
};
