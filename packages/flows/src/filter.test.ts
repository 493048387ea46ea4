import { expect, test } from 'vitest';
import { parseFilter } from './filter.js';
import { externalEnd, testFlow } from './testing/flow.js';

const flow = testFlow(
  { peer: externalEnd('192.0.2.1', 'api.example.org'), remote: '192.0.2.1', port: 443, open: 1 },
  { refused: 1 },
);

test.each([
  ['', true],
  ['container=web', true],
  ['container=w?b*', true],
  ['container=db', false],
  ['container!=db', true],
  ['peer=*.example.org', true],
  ['peer=external', true],
  ['client=web server=api.example.org', true],
  ['server=web', false],
  ['port=443', true],
  ['port=80,400-500', true],
  ['port!=400-500', false],
  ['protocol=udp', false],
  ['protocol=udp,tcp role=client', true],
  ['denied=no', true],
  ['denied=yes', false],
  ['failed=yes open=yes family=ipv4', true],
  ['pod=*', false],
  ['address=192.0.2.*', true],
])('`%s` matches: %s', (text, expected) => {
  const parsed = parseFilter(text);
  expect(parsed.kind === 'filter' && parsed.filter.matches(flow)).toBe(expected);
});

test.each([
  ['443', '`443` is no `WORD=VALUE`'],
  ['prot=udp', '`prot` is nothing a flow is known by'],
  ['port=http', '`http` is no port'],
  ['port=70000', '`70000` is no port'],
  ['port=9-1', '`9-1` is no port'],
  ['constructor=x', '`constructor` is nothing a flow is known by'],
  ['x'.repeat(2000), 'the filter is too long'],
])('`%s` is refused with a reason', (text, message) => {
  expect(parseFilter(text)).toMatchObject({ kind: 'problem', message });
});
