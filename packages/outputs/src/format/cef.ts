import { visible } from '@runward/core';
import type { Detection } from '@runward/detect';
import { attackOf } from './attack.js';
import { milliseconds, SEVERITIES } from './severity.js';

const inHeader = (text: string): string => visible(text.replace(/[\\|]/g, '\\$&').replace(/[\r\n]+/g, ' '));
const inExtension = (text: string): string =>
  visible(text.replace(/[\\=]/g, '\\$&').replace(/\r\n|\r|\n/g, '\\n'));

/** ArcSight Common Event Format, version 0. */
export function cef(d: Detection, version: string): string {
  const { tactics, techniques } = attackOf(d);
  const header = ['CEF:0', 'Runward', 'Runward', version, d.rule, d.rule, String(SEVERITIES[d.priority].cef)];
  const extension: Readonly<Record<string, string>> = {
    rt: String(milliseconds(d.time)),
    dvchost: d.hostname,
    cat: d.source,
    act: d.policy?.outcome ?? d.event.type,
    msg: d.output,
    cnt: String(d.count ?? 1),
    sproc: d.process.name,
    spid: String(d.process.pid),
    suser: d.process.user,
    suid: String(d.process.uid),
    filePath: d.process.exe,
    ...labelled(1, 'container.id', d.container?.id ?? 'host'),
    ...labelled(2, 'container.name', d.container?.name ?? 'host'),
    ...labelled(3, 'container.image', d.container?.image ?? ''),
    ...labelled(4, 'k8s.pod', d.container?.pod ? `${d.container.namespace}/${d.container.pod}` : ''),
    ...labelled(5, 'mitre', [...tactics.map(({ name }) => name), ...techniques].join(',')),
    ...labelled(
      6,
      'policy',
      d.policy === undefined ? '' : `${d.policy.policy} ${d.policy.file}:${d.policy.line}`,
    ),
  };
  const pairs = Object.entries(extension).filter(([, value]) => value !== '');
  return `${header.map((part, at) => (at === 0 ? part : inHeader(part))).join('|')}|${pairs.map(([key, value]) => `${key}=${inExtension(value)}`).join(' ')}`;
}

const labelled = (number: number, label: string, value: string): Readonly<Record<string, string>> =>
  value === '' ? {} : { [`cs${number}Label`]: label, [`cs${number}`]: value };
