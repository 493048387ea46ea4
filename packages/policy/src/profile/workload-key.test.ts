import { expect, test } from 'vitest';
import { type KeySubject, parseWorkloadKey, profileFileName } from './workload-key.js';

const web: KeySubject = {
  id: '3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e',
  name: 'web',
  runtime: 'docker',
  image: 'docker.io/library/nginx:1.27',
  imageRepository: 'docker.io/library/nginx',
  imageDigest: 'sha256:0a39',
  labels: new Map([['tier', 'front']]),
  pod: undefined,
};
const pod: KeySubject = { ...web, name: 'main', pod: { name: 'api-7d9c', namespace: 'payments' } };

const matches = (text: string, container: KeySubject): boolean => {
  const parsed = parseWorkloadKey(text);
  if (parsed.kind === 'problem') throw new Error(parsed.message);
  return parsed.key.matches(container);
};

test.each([
  ['web', web, true],
  ['we?', web, true],
  ['w', web, false],
  ['3ad7b26ded6d', web, true],
  ['3ad7b26ded6e', web, false],
  ['payments/api*', pod, true],
  ['payments/main', pod, true],
  ['pay*/ma*n', pod, true],
  ['payments/api', pod, false],
  ['payments/api*', web, false],
  ['image=docker.io/library/nginx', web, true],
  ['image=*nginx:1.*', web, true],
  ['image=*nginx,label.tier=front', web, true],
  ['image=*nginx,label.tier=back', web, false],
  ['namespace=payments,pod=api-*', pod, true],
  ['namespace=*', web, false],
])('`%s` and a container', (text, container, expected) => {
  expect(matches(text, container)).toBe(expected);
});

test.each([
  ['', 'the workload is empty'],
  ['a b', '`a b` is no workload'],
  ['docker.io/library/nginx', '`docker.io/library/nginx` is neither NAME nor NAMESPACE/NAME'],
  ['image=', '`image=` is no `FIELD=PATTERN`'],
  ['colour=red', '`colour` is nothing a workload is known by'],
])('`%s` is refused with a reason and a remedy', (text, message) => {
  const parsed = parseWorkloadKey(text);
  expect(parsed).toMatchObject({ kind: 'problem', message });
  expect(parsed.kind === 'problem' && parsed.help).not.toBe('');
});

test('the order of parts makes no difference', () => {
  const [a, b] = ['name=a,image=b', 'image=b,name=a'].map(parseWorkloadKey);
  expect(a?.kind === 'key' && a.key.text).toBe(b?.kind === 'key' && b.key.text);
});

test('file names are readable, distinct and stay in their folder', () => {
  const names = ['web', 'payments/api*', 'payments/api?', '..', '.hidden', 'image=a/b'].map(profileFileName);
  expect(names[0]).toBe('web.json');
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^(?!\.)[A-Za-z0-9._-]+\.json$/);
});
