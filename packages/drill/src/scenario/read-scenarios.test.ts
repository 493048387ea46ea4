import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { scenarioSchemaText } from './json-schema.js';
import { readScenarios } from './read-scenarios.js';
import { THEMES } from './scenario.js';

const folder = join(import.meta.dirname, '../../../../drills');
const filesOf = (path: string) =>
  readdirSync(path)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ name, text: readFileSync(join(path, name), 'utf8') }));
const shipped = filesOf(folder);
const loads = filesOf(join(folder, 'load'));
const accepts = new Ajv({ strict: true, strictTypes: false }).compile(JSON.parse(scenarioSchemaText()));

const MINIMAL = {
  ...{ id: 'a-b', title: 't', about: 'x', theme: 'impact', tactic: 'impact', technique: 'T1496' },
  steps: [{ title: 's', run: 'true' }],
};
const read = (document: unknown) => readScenarios([{ name: 'a.yaml', text: JSON.stringify(document) }]);

describe('the scenarios that ship', () => {
  const { scenarios, diagnostics } = readScenarios([...shipped, ...loads]);

  test('are sound, lie in a file of their name, and the schema accepts them', () => {
    expect(diagnostics).toEqual([]);
    for (const { name, text } of [...shipped, ...loads]) {
      const document = parse(text) as { id: string }; // read above
      expect(`${document.id}.yaml`).toBe(name);
      expect([name, accepts(document), accepts.errors]).toEqual([name, true, null]);
    }
  });

  test('are of every theme: forty and more, and eight look-alikes and more', () => {
    const exercises = scenarios.filter(({ theme }) => theme !== 'ordinary');
    expect(exercises.length).toBeGreaterThanOrEqual(40);
    expect(scenarios.length - exercises.length - loads.length).toBeGreaterThanOrEqual(8);
    expect(new Set(scenarios.map(({ theme }) => theme))).toEqual(new Set(THEMES));
  });

  test('reach nothing but what they made: no address is of this machine or beyond', () => {
    const own = /^(?:127\.|203\.0\.113\.|10\.66\.|10\.77\.|169\.254\.169\.254$)/;
    const named = scenarios.flatMap(({ id, steps, network }) =>
      [
        ...steps
          .map(({ run }) => run)
          .join('\n')
          .matchAll(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g),
      ]
        .map(([address]) => address)
        .filter((address) => !address.startsWith('127.') && network?.addresses?.includes(address) !== true)
        .map((address) => `${id}: ${address}`),
    );
    // Named in the arguments of decoys, which do nothing, and of a shell that does not know /dev/tcp.
    expect(named).toEqual([
      'command-one-liner: 203.0.113.7',
      'command-tunnel: 203.0.113.7',
      'exfiltration-upload: 203.0.113.7',
      'impact-miner: 203.0.113.9',
    ]);
    const given = scenarios.flatMap(({ network }) => network?.addresses ?? []);
    expect(given.filter((address) => !own.test(address))).toEqual([]);
  });
});

test('a scenario is read as it is written', () => {
  const document = {
    ...MINIMAL,
    container: { privileged: true, settled: true, files: [{ path: '/a/b', text: 'x', mode: '0600' }] },
    network: { addresses: ['203.0.113.7'], listeners: [80] },
    steps: [{ title: 's', run: 'true', exit: [0, 1], terminal: true, timeout: 5 }],
    expect: { rules: ['R'], techniques: ['T1611', 'T1059.004'], any: false },
  };
  expect(read(document)).toEqual({ scenarios: [document], diagnostics: [] });
});

describe('what is wrong is told with its place, and the file is left out', () => {
  test.each([
    ['a list', [], 'DRILL_TYPE', 'a scenario` is no mapping'],
    ['no id', { ...MINIMAL, id: undefined }, 'DRILL_MISSING', 'has no `id`'],
    ['an id with a blank', { ...MINIMAL, id: 'a b' }, 'DRILL_VALUE', '`a b` is none'],
    ['an unknown key', { ...MINIMAL, step: [] }, 'DRILL_KEY', 'has no `step`'],
    ['an unknown theme', { ...MINIMAL, theme: 'impacts' }, 'DRILL_VALUE', '`impacts` is no theme'],
    ['a technique that is none', { ...MINIMAL, technique: 'T14' }, 'DRILL_VALUE', '`T14` is none'],
    ['no steps', { ...MINIMAL, steps: [] }, 'DRILL_VALUE', '`steps` has 0 items'],
    ['steps that are no list', { ...MINIMAL, steps: 'true' }, 'DRILL_TYPE', '`steps` is no list'],
    ['a step without a script', { ...MINIMAL, steps: [{ title: 's' }] }, 'DRILL_MISSING', 'no `run`'],
    ['an exit code beyond 255', { ...MINIMAL, steps: [{ title: 's', run: 'x', exit: [256] }] }, 'DRILL_VALUE', '`exit` is `256`'],
    ['a path that climbs', { ...MINIMAL, container: { files: [{ path: '/a/../b', text: 'x' }] } }, 'DRILL_VALUE', '`/a/../b` is none'],
    ['an address that is none', { ...MINIMAL, network: { addresses: ['1.2.3.400'] } }, 'DRILL_VALUE', '`1.2.3.400` is none'],
    ['a port that is none', { ...MINIMAL, network: { listeners: [0] } }, 'DRILL_VALUE', '`listeners` is `0`'],
    ['a flag that is none', { ...MINIMAL, container: { privileged: 'yes' } }, 'DRILL_VALUE', '`privileged` is `yes`'],
    ['no technique', { ...MINIMAL, technique: undefined }, 'DRILL_VALUE', '`tactic` and `technique` are missing'],
    ['a look-alike of another theme', { ...MINIMAL, benign: true }, 'DRILL_VALUE', 'does not go with `benign: true`'],
    ['a look-alike that expects', { ...MINIMAL, theme: 'ordinary', benign: true, expect: { any: true } }, 'DRILL_VALUE', 'expects nothing'],
    ['nothing that detects it', { ...MINIMAL, expect: { techniques: [], any: false } }, 'DRILL_VALUE', 'nothing would count'],
  ])('%s', (_, document, code, message) => {
    const { scenarios, diagnostics } = read(document);
    expect(scenarios).toEqual([]);
    expect(diagnostics.map((each) => each.code)).toContain(code);
    expect(diagnostics.map((each) => each.message).join('\n')).toContain(message);
    for (const { help, span } of diagnostics) expect([help, span.file]).not.toContain('');
  }); // biome-ignore format: a table

  test('all of it in one pass, over all files', () => {
    const files = [
      { name: 'a.yaml', text: 'id: A\ntheme: x\n' },
      { name: 'b.yaml', text: 'a: [\n' },
      { name: 'c.yaml', text: '' },
    ];
    const { diagnostics } = readScenarios(files);
    expect(new Set(diagnostics.map(({ span }) => span.file))).toEqual(
      new Set(['a.yaml', 'b.yaml', 'c.yaml']),
    );
    expect(diagnostics.filter(({ span }) => span.file === 'a.yaml').length).toBeGreaterThanOrEqual(4);
  });

  test('an id that another file has', () => {
    const text = JSON.stringify(MINIMAL);
    const { scenarios, diagnostics } = readScenarios([
      { name: 'a.yaml', text },
      { name: 'b.yaml', text },
    ]);
    expect(scenarios).toHaveLength(1);
    expect(diagnostics.map(({ code, help }) => [code, help])).toEqual([
      ['DRILL_TWICE', '`a.yaml` has it already: give this one another'],
    ]);
  });
});

test('any text may come', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), (text) => {
      const { scenarios, diagnostics } = readScenarios([{ name: 'x', text }]);
      expect(scenarios.length + diagnostics.length).toBeGreaterThan(0);
    }),
  );
});
