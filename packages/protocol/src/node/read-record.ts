import { RECORD_KINDS, type RecordKind, recordSchema, type SentRecord } from '../record.js';
import { parseMessage } from './message.js';

const LABEL = '"([ !#-[\\]-~]{0,512})"';
/** Up to the body, in the order and spelling in which agents write it, labels of ASCII without escapes. */
const HEAD = new RegExp(
  `^\\{"boot":"([0-9a-f]{32})","seq":([1-9]\\d{0,14}),"kind":"(${RECORD_KINDS.join('|')})","timeMs":(0|[1-9]\\d{0,11}|[1-7]\\d{12}),${[
    ...['priority', 'rule', 'namespace', 'workload', 'container', 'incident'],
  ]
    .map((name) => `"${name}":${LABEL}`)
    .join(',')},"body":(?=\\{)`,
);

/**
 * One line of a batch. Nearly all are written in one way, which is recognised at a glance; every other is read by the
 * schema, with the same result. The body is checked and left as it is: nobody needs it but who looks at the record.
 *
 * @throws ProtocolError PROTOCOL_MALFORMED
 */
export function readRecord(line: string, what: string): SentRecord {
  const head = HEAD.exec(line);
  const body = head === null ? '' : line.slice(head[0].length, -1);
  if (head === null || !line.endsWith('}}') || !isJson(body)) {
    const record = parseMessage(recordSchema, line, what);
    return { ...record, body: JSON.stringify(record.body) };
  }
  const [, boot = '', seq, kind, timeMs, ...labels] = head;
  const [priority = '', rule = '', namespace = '', workload = '', container = '', incident = ''] = labels;
  return {
    ...{ boot, seq: Number(seq), kind: kind as RecordKind, timeMs: Number(timeMs) }, // one of those the pattern names
    ...{ priority, rule, namespace, workload, container, incident, body },
  };
}

/** It begins with a brace, so where it is JSON it is an object. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
