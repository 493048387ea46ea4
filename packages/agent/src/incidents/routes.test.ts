import { expect, test } from 'vitest';
import { filterOf } from './routes.js';

test.each([
  ['', { all: false, states: undefined, severity: undefined, sinceMs: undefined }],
  ['all=yes&where=web&rule=shell', { all: true, where: 'web', rule: 'shell' }],
  ['state=open,resolved&state=contained', { states: ['open', 'resolved', 'contained'] }],
  [
    'stage=credential-access&severity=high&since=5&assignee=',
    { stage: 'credential_access', severity: 'high', sinceMs: 5, assignee: '' },
  ],
])('the query %j is a filter', (query, filter) => {
  expect(filterOf(new URLSearchParams(query))).toMatchObject(filter);
});

test.each([
  ['state=done', '`done` is no state', 'use one of open, investigating, contained, resolved, false-positive'],
  ['severity=worst', '`worst` is no severity', 'use one of low, medium, high, critical'],
  ['stage=x', '`x` is no stage', expect.stringContaining('initial_access')],
  ['since=yesterday', '`yesterday` is no since', 'use one of milliseconds since 1970'],
])('the query %j is refused, with what fits', (query, message, help) => {
  expect(() => filterOf(new URLSearchParams(query))).toThrowError(
    expect.objectContaining({ code: 'CONTROL_BODY_INVALID', message, help }),
  );
});
