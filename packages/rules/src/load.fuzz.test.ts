import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fieldCatalogue } from '@runward/events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRules } from './compile/compiled-rules.js';
import { interpret } from './interpret/interpreter.js';
import { type LoadResult, loadRules } from './load.js';
import { events } from './testing/arbitraries.js';
import { tinyCatalogue } from './testing/tiny-catalogue.js';

/** Loads one file and holds what must be true of any result; a throw or a hang fails the test by itself. */
function load(
  text: string,
  catalogue: Parameters<typeof loadRules>[1]['catalogue'] = tinyCatalogue,
): LoadResult {
  const result = loadRules([{ name: 'f.yaml', text }], { catalogue });
  for (const { span, message, severity } of result.diagnostics) {
    expect(span.line).toBeGreaterThan(0);
    expect(span.column).toBeGreaterThan(0);
    expect(message).not.toBe('');
    if (severity === 'error') expect(result.value).toBeUndefined();
  }
  return result;
}

const word = fc.constantFrom(
  ...[
    'proc.name',
    'fd.name',
    'fd.num',
    'evt.type',
    'evt.arg',
    'evt.arg.flags',
    'proc.aname',
    'fd.ip',
    'm',
    'l',
    'x',
  ],
  ...[
    '=',
    '==',
    '!=',
    '<',
    '>=',
    'in',
    'pmatch',
    'glob',
    'regex',
    'startswith',
    'exists',
    'intersects',
    'contains',
  ],
  ...[
    'and',
    'or',
    'not',
    '(',
    ')',
    '(a, b)',
    'anyof',
    'oneof',
    'allof',
    ',',
    '[1]',
    '[x*]',
    '["',
    '"a b"',
    "'",
    '\\',
  ],
  ...[
    'tolower(',
    'join("-", (',
    'val(',
    'len(',
    ')',
    'getopt(',
    '10.0.0.0/8',
    '0x10',
    '-1',
    '<NA>',
    '%',
    '',
    '\u0000',
  ],
  ...[
    'evt.type = open',
    'proc.name in (a, b)',
    'fd.num >= 0',
    'not proc.name = a',
    'openat',
    '(((',
    '\uFEFF',
  ],
);
const condition = fc.array(word, { maxLength: 14 }).map((words) => words.join(' '));

const KEYS = [
  ...[
    'rule',
    'macro',
    'list',
    'condition',
    'output',
    'desc',
    'priority',
    'source',
    'enabled',
    'tags',
    'items',
  ],
  ...['exceptions', 'name', 'fields', 'comps', 'values', 'append', 'override', 'capture', 'capture_duration'],
  ...['warn_evttypes', 'skip-if-unknown-filter', 'required_engine_version', 'required_plugin_versions'],
  ...['version', 'alternatives', '__proto__', 'constructor', ''],
] as const;
const scalar = fc.oneof(
  fc.constantFrom(
    'R',
    'm',
    'l',
    'INFO',
    'append',
    'replace',
    'true',
    '0.1.0',
    '%proc.name',
    '%',
    'syscall',
    '=',
    'in',
  ),
  condition,
  fc.constantFrom(null, true, 3, -1.5, '', '~', 'null'),
);
/** Anything a YAML file can hold, made of the words that rule files use. */
const structure = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('node'), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('node'), { maxKeys: 7 }),
  ),
})).node;

const official = new URL('../../../../shared/conformance/falco-rules/', import.meta.url);
const ours = new URL('../../../rules/', import.meta.url);
const texts = [official, ours]
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8')));

/** A piece of a real file with a few edits: bytes lost, doubled, replaced, lines moved. */
const mutated = fc
  .record({
    text: fc.constantFrom(...texts),
    at: fc.nat(),
    length: fc.integer({ min: 200, max: 6000 }),
    edits: fc.array(
      fc.record({
        at: fc.nat(),
        cut: fc.nat({ max: 30 }),
        insert: fc.oneof(
          fc.string({ unit: 'binary', maxLength: 6 }),
          word,
          fc.constantFrom('\n', '\t', '- ', ': ', '\n- rule: ', '*a', '&a '),
        ),
      }),
      { minLength: 1, maxLength: 8 },
    ),
  })
  .map(({ text, at, length, edits }) => {
    const start = text.lastIndexOf('\n- ', at % text.length) + 1;
    let piece = text.slice(start, start + length);
    for (const { at: where, cut, insert } of edits) {
      const from = where % (piece.length + 1);
      piece = piece.slice(0, from) + insert + piece.slice(from + cut);
    }
    return piece;
  });

describe('the loader withstands', () => {
  it('any bytes', () => {
    const decoder = new TextDecoder();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        load(decoder.decode(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('any structure made of its own words', () => {
    fc.assert(
      fc.property(fc.array(structure, { maxLength: 6 }), (items) => {
        load(JSON.stringify(items));
      }),
      { numRuns: 600 },
    );
  });

  it('real rule files with pieces lost, doubled and replaced', () => {
    fc.assert(
      fc.property(mutated, (text) => {
        load(text, fieldCatalogue);
      }),
      { numRuns: 250 },
    );
  });

  it('any condition, and decides what it accepts as the interpreter does', () => {
    fc.assert(
      fc.property(condition, events, (text, event) => {
        const file = [{ rule: 'R', desc: 'd', condition: text, output: '%proc.name', priority: 'INFO' }];
        const { value } = load(JSON.stringify(file));
        const [rule] = value?.rules ?? [];
        if (value === undefined || rule === undefined) return;
        let matched = false;
        compileRules(value, { catalogue: tinyCatalogue }).matcher(String(event['evt.type']))?.(event, () => {
          matched = true;
        });
        expect(matched).toBe(interpret(rule.condition, event, tinyCatalogue));
      }),
      { numRuns: 1500 },
    );
  });

  it('aliases that expand without end', () => {
    const bomb = Array.from({ length: 40 }, (_, i) => `- &a${i + 1} [*a${i}, *a${i}, *a${i}]`).join('\n');
    expect(load(`- &a0 [x]\n${bomb}`).diagnostics.map((d) => d.code)).toContain('RULE_YAML_SYNTAX');
    expect(load('- &a [*a]').diagnostics.length).toBeGreaterThan(0);
  });
});
