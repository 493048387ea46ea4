import { expect, test } from 'vitest';
import { IncidentBook } from '../book/book.js';
import { type Facts, NOON_MS, testSighting } from '../testing/detections.js';
import { detectionFindings, incidentFinding } from './ocsf.js';

const PRODUCER = { name: 'Runward', version: '1' };
const FACTS: readonly Facts[] = [
  { ancestors: [{ pid: 1, exe: '/sbin/init' }], image: 'nginx:1' },
  {
    rule: 'Secret',
    priority: 'Critical',
    tags: ['mitre_credential_access', 'T1003.008'],
    atMs: 1000,
    pid: 101,
  },
];

function incidentOf() {
  const book = new IncidentBook();
  for (const each of FACTS) book.take(testSighting(each));
  const [incident] = book.list();
  if (incident === undefined) throw new Error('there is no incident');
  return { book, incident };
}

// Required by the classes: https://schema.ocsf.io/1.4.0/classes/incident_finding and detection_finding.
const REQUIRED = ['activity_id', 'category_uid', 'class_uid', 'type_uid', 'time', 'severity_id', 'metadata'];

test('an incident has what the class Incident Finding requires, and says whose it is', () => {
  const { incident } = incidentOf();
  const event = incidentFinding(incident, PRODUCER, NOON_MS + 5000);
  expect(Object.keys(event)).toEqual(expect.arrayContaining([...REQUIRED, 'finding_info_list', 'status_id']));
  expect(event).toMatchObject({
    ...{ class_uid: 2005, category_uid: 2, activity_id: 2, type_uid: 200_502, severity_id: 5, status_id: 1 },
    ...{ start_time: NOON_MS, end_time: NOON_MS + 1000, assignee_group: { name: 'unassigned' } },
    metadata: { version: '1.4.0', uid: incident.id, product: { name: 'Runward', vendor_name: 'Runward' } },
    finding_info_list: [{ uid: `${incident.id}/rule-1`, title: 'Shell' }, { title: 'Secret' }],
  });
  expect(event.attacks).toEqual([
    { tactic: { uid: 'TA0002', name: 'Execution' } },
    { tactic: { uid: 'TA0006', name: 'Credential Access' } },
    { technique: { uid: 'T1059' } },
    { technique: { uid: 'T1003' }, sub_technique: { uid: 'T1003.008' } },
  ]);
});

test('a false positive is closed, with its verdict and the reason', () => {
  const { book, incident } = incidentOf();
  book.assign(incident.id, 'ada', 'root', NOON_MS + 2000);
  const closed = book.callFalsePositive(incident.id, 'the backup', 'ada', NOON_MS + 3000);
  expect(incidentFinding(closed, PRODUCER, NOON_MS + 5000)).toMatchObject({
    ...{
      activity_id: 3,
      type_uid: 200_503,
      status_id: 5,
      verdict_id: 1,
      comment: 'the backup',
      assignee: { name: 'ada' },
    },
  });
});

test('each entry of the time line has what the class Detection Finding requires, with process and container', () => {
  const { incident } = incidentOf();
  const [first, second] = detectionFindings(incident, PRODUCER);
  expect(Object.keys(first ?? {})).toEqual(expect.arrayContaining([...REQUIRED, 'finding_info']));
  expect(first).toMatchObject({
    ...{ class_uid: 2004, type_uid: 200_401, severity_id: 2, time: NOON_MS, is_alert: true },
    finding_info: { uid: `${incident.id}/entry-1`, title: 'Shell', related_events: [{ uid: incident.id }] },
    evidences: [
      {
        process: {
          ...{
            pid: 100,
            name: 'sh',
            file: { path: '/bin/sh', name: 'sh', type_id: 1 },
            user: { uid: '0', name: 'root' },
          },
          parent_process: { pid: 1, name: 'init' },
          container: { uid: 'c1', image: { name: 'nginx:1' } },
        },
      },
    ],
    resources: [{ uid: 'c1', type: 'container' }],
  });
  expect(second).toMatchObject({ severity_id: 5, severity: 'Critical' });
});
