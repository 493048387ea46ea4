import { toJson, visible } from '@runward/core';
import type { Detection } from '@runward/detect';
import { SEVERITIES } from './severity.js';

const MOST_TEXT = 2900;
const COLOUR = ['#8b0000', '#c0392b', '#c0392b', '#d35400', '#e6a700', '#2e86c1', '#7f8c8d', '#7f8c8d'];

const placeOf = ({ container, hostname }: Detection): string => {
  if (container === null) return `host ${hostname}`;
  const pod = container.pod === '' ? '' : ` · pod ${container.namespace}/${container.pod}`;
  return `${container.name || container.id} (${container.image || 'image not known'})${pod} · ${hostname}`;
};

/** What Slack's incoming webhooks take. Nothing of a container is read as markup, a mention or a link. */
export function slack(d: Detection): string {
  const plain = (text: string) => ({
    type: 'plain_text',
    text: visible(text).slice(0, MOST_TEXT),
    emoji: false,
  });
  return toJson({
    text: `${d.priority}: ${escaped(visible(d.rule))}`,
    attachments: [
      {
        color: COLOUR[SEVERITIES[d.priority].syslog],
        blocks: [
          { type: 'section', text: plain(`${d.priority}: ${d.rule}`) },
          { type: 'section', text: plain(d.output || ' ') },
          { type: 'context', elements: [plain(placeOf(d)), plain(d.time)] },
        ],
      },
    ],
  });
}

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? c);

/** An event of PagerDuty's Events API v2 without its routing key; one alert per rule and container. */
export const pagerDuty = (d: Detection): string =>
  toJson({
    event_action: 'trigger',
    dedup_key: `runward/${d.hostname}/${d.container?.id ?? 'host'}/${d.rule}`.slice(0, 255),
    payload: {
      summary: visible(`${d.rule}: ${placeOf(d)}`).slice(0, 1024),
      source: d.hostname,
      severity: SEVERITIES[d.priority].pagerDuty,
      timestamp: d.time,
      component: d.container?.name ?? 'host',
      group: d.container?.pod || undefined,
      class: d.source,
      custom_details: { output: d.output, tags: d.tags, fields: d.output_fields },
    },
  });
