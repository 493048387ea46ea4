import { fieldCatalogue } from '@runward/events';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../compile/filter.js';
import { interpret } from '../interpret/interpreter.js';
import { type FactView, factCatalogue } from '../testing/fact-catalogue.js';

const catalogue = factCatalogue(fieldCatalogue);

function holds(condition: string, event: FactView): boolean {
  const { value, diagnostics } = compileFilter(condition, catalogue);
  if (value === undefined) throw new Error(diagnostics.map((d) => d.message).join('; '));
  const compiled = value.test(event, 'openat');
  expect(interpret(value.condition, event, catalogue)).toBe(compiled);
  return compiled;
}

const throughLink: FactView = {
  'evt.type': 'openat',
  'fd.name': '/usr/bin/runc',
  'fd.nameraw': '/proc/self/exe',
};
const direct: FactView = { ...throughLink, 'fd.nameraw': '/usr/bin/runc' };
const hiding: FactView = { ...throughLink, 'fd.name': '/etc/shadow', 'fd.nameraw': '/proc/self/fd/3' };

describe('a check of `fd.name` against a link of /proc/self', () => {
  it.each<[string, FactView, boolean]>([
    ['fd.name = /proc/self/exe', throughLink, true],
    ['fd.name = /proc/self/exe', direct, false],
    ['fd.name in (/usr/bin/runc, /proc/self/exe)', direct, true],
    ['fd.name startswith /proc/self/fd/', hiding, true],
    ['fd.name startswith /proc/self/fd/', throughLink, false],
    ['fd.name glob "/proc/thread-self/*"', throughLink, false],
    ['evt.type = openat and (fd.name = /x or fd.name = /proc/self/exe)', throughLink, true],
    ['not (not fd.name = /proc/self/exe)', throughLink, true],
  ])('%s holds for the name that was asked for', (condition, event, expected) => {
    expect(holds(condition, event)).toBe(expected);
  });

  it.each<[string, FactView, boolean]>([
    ['fd.name = /etc/shadow and not fd.name startswith /proc/self/', hiding, true],
    ['fd.name != /proc/self/exe', throughLink, true],
    ['fd.name contains /proc/self/', throughLink, false],
  ])('%s: what a rule leaves out goes by the path of the file', (condition, event, expected) => {
    expect(holds(condition, event)).toBe(expected);
  });
});
