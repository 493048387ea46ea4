import { expect, it } from 'vitest';
import { explanationText } from './explanation-text.js';

const explained = {
  name: 'Shell started',
  condition: 'evt.type = execve and proc.name = sh',
  eventTypes: ['execve', 'execveat'],
  fields: ['evt.type', 'proc.name'],
  shared: [],
  parts: { join: 'and', terms: ['evt.type = execve', 'proc.name = sh'] },
  cost: { class: 'light', perEvent: 3, dearest: ['proc.name = sh'] },
  kernel: [{ eventTypes: ['execve', 'execveat'], alternatives: [] }],
} as const;

it('says what a rule looks at, reads and comes down to', () => {
  expect(explanationText(explained)).toBe(`Shell started

looks at these events
  execve, execveat

reads these fields
  evt.type, proc.name

comes down to
  evt.type = execve
  and proc.name = sh

costs
  little: most events are decided by a comparison or two (about 3 comparisons an event; dearest: proc.name =
  sh)

is sent by the kernel, of containers
  execve, execveat: every event`);
});

it('says what the kernel can rule out', () => {
  const alternatives = Array.from({ length: 8 }, (_, i) => `fd.name in (/a${i}, /b${i})`);
  const text = explanationText({ ...explained, kernel: [{ eventTypes: ['openat'], alternatives }] });
  expect(text).toContain('  openat: only where\n    fd.name in (/a0, /b0)\n    or fd.name in (/a1, /b1)');
  expect(text).toContain('or 2 alternatives more');
});

it('wraps long conditions between words', () => {
  const condition = Array.from({ length: 60 }, (_, i) => `proc.name = name-${i}`).join(' or ');
  const text = explanationText({ ...explained, parts: { join: 'or', terms: [condition] } });
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  expect(text.replace(/\s+/g, ' ')).toContain(condition);
});

it('names parts shared with other rules, most shared first, and counts what it leaves out', () => {
  const shared = Array.from({ length: 7 }, (_, i) => ({
    condition: `part-${i}`,
    rules: Array.from({ length: i + 1 }, (_, r) => `Rule ${r}`),
  }));
  const text = explanationText({ ...explained, shared });
  expect(text).toMatch(/with 7 other rules:\n {4}part-6\n.*with 6 other rules:\n {4}part-5/);
  expect(text).toContain('and 2 other parts');
  expect(text).not.toContain('part-1');
  expect(explanationText({ ...explained, shared: shared.slice(0, 1) })).toContain('with `Rule 0`:');
});

it('shows no control characters of rule files', () => {
  expect(explanationText({ ...explained, name: 'a\u001b[2Jb' })).toContain('a\\x1b[2Jb');
});
