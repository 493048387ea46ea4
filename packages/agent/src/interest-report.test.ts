import { fieldCatalogue } from '@runward/events';
import { loadRules } from '@runward/rules';
import { expect, test } from 'vitest';
import { interestOfRules } from './interest.js';
import { type InterestReport, reportInterest } from './interest-report.js';

function report(...conditions: readonly string[]): InterestReport {
  const text = conditions
    .map((c, i) => `- rule: r${i}\n  desc: d\n  condition: ${c}\n  output: o\n  priority: INFO\n`)
    .join('');
  const { value } = loadRules([{ name: 'r.yaml', text }], { catalogue: fieldCatalogue });
  if (value === undefined) throw new TypeError(text);
  return reportInterest(interestOfRules(value, false), value);
}

test('each event type says who keeps it wide and what narrows it', () => {
  expect(report('evt.type = unlink', 'evt.type in (unlink, mkdir) and proc.name = x').types).toEqual([
    {
      eventType: 'unlink',
      scope: 'containers',
      notSent: [],
      process: undefined,
      wideRules: ['r0'],
      narrowRules: ['r1'],
    },
    {
      eventType: 'mkdir',
      scope: 'containers',
      notSent: [],
      process: 'proc.name = x',
      wideRules: [],
      narrowRules: ['r1'],
    },
  ]);
});

test('outcomes that no rule can use are named', () => {
  const { types } = report(
    'evt.type = connect and fd.typechar in (4, 6) and evt.failed = false',
    'evt.type = mkdir and evt.rawres < 0 and evt.failed = true',
  );
  expect(types.map((t) => t.notSent)).toEqual([
    ['calls that succeed'],
    ['failed calls', 'on files', 'on unix sockets', 'on other sockets'],
  ]);
});

test('a condition too long to read is given as what it is about', () => {
  const names = Array.from({ length: 90 }, (_, i) => `program-${i}`).join(', ');
  const { types } = report(`evt.type = unlink and proc.name in (${names})`);
  expect(types[0]?.process).toBe('values that rules name of proc.name');
});

test('opens are told by what is tested of them, in words', () => {
  const { opens } = report(
    'evt.type = openat and evt.is_open_read = true and fd.num >= 0 and fd.name in (/etc/shadow, /etc/gshadow)',
  );
  expect(opens).toEqual([
    {
      when: 'to be read, did not fail',
      paths: 'files named gshadow shadow',
      scope: 'containers',
      rules: ['r0'],
    },
  ]);
});
