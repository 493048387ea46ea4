import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../analyse/index.js';
import { readSettings } from './read-settings.js';
import { defaultSettingsText } from './settings-text.js';

const read = (text: string) => readSettings({ name: 'net.yaml', text });

describe('the file of network settings', () => {
  test('says what holds without it when it is the one of the documentation', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/network-detections.md'), 'utf8');
    expect(page).toContain(`\`\`\`yaml\n${defaultSettingsText()}\`\`\`\n`);
    expect(read(defaultSettingsText())).toEqual({ settings: DEFAULT_SETTINGS, problems: [] });
  });

  test.each(['', '# nothing yet\n', 'scan:\n', 'off: []\nexceptions: []\n'])(
    'may say nothing: %j',
    (text) => {
      expect(read(text)).toEqual({ settings: DEFAULT_SETTINGS, problems: [] });
    },
  );

  test('changes what it names and nothing else', () => {
    const { settings, problems } = read(
      'quiet: 10m\noff: [tor]\nscan:\n  ports: 50\n  slow-window: 2h\nbeacon: { most-bytes: 1MiB, jitter: 0.2 }\n' +
        "destination:\n  metadata: ['fd00::1']\n" +
        'exceptions:\n  - detectors: [beacon]\n    workloads: [shop/*]\n    networks: [203.0.113.0/24]\n' +
        "    names: ['*.Example.org']\n    ports: [443, 8000-8100]\n",
    );
    expect(problems).toEqual([]);
    const { scan, beacon, destination } = DEFAULT_SETTINGS.thresholds;
    expect(settings).toEqual({
      thresholds: {
        ...DEFAULT_SETTINGS.thresholds,
        quietMs: 600_000,
        scan: { ...scan, ports: 50, slowWindowMs: 7_200_000 },
        beacon: { ...beacon, mostBytes: 1024 * 1024, jitter: 0.2 },
        destination: { ...destination, metadata: ['fd00::1'] },
      },
      off: ['tor'],
      exceptions: [
        {
          detectors: ['beacon'],
          workloads: ['shop/*'],
          networks: [{ words: [0xcb007100], bits: 24 }],
          names: ['*.example.org'],
          ports: [
            [443, 443],
            [8000, 8100],
          ],
        },
      ],
    });
  });

  test.each<[string, string]>([
    ['scan: [1]\n', '1:7 FLOWS_SETTINGS_TYPE `scan` is no mapping'],
    ['- 1\n', '1:1 FLOWS_SETTINGS_TYPE the file is no mapping'],
    ['scna:\n  ports: 3\n', '1:1 FLOWS_SETTINGS_KEY the file has no `scna`'],
    ['scan:\n  port: 3\n', '2:3 FLOWS_SETTINGS_KEY `scan` has no `port`'],
    ['scan:\n  ports: 1\n', '2:10 FLOWS_SETTINGS_VALUE `1` is no value of `ports`'],
    ['scan:\n  ports: [3]\n', '2:10 FLOWS_SETTINGS_TYPE `ports` is not one value'],
    ['scan:\n  window: 5\n', '2:11 FLOWS_SETTINGS_VALUE `5` is no value of `window`'],
    ['scan:\n  window: 2h\n', '1:1 FLOWS_SETTINGS_VALUE `window` is more than `slow-window`'],
    ['fan-out:\n  ports: 22\n', '2:10 FLOWS_SETTINGS_TYPE `ports` is no list'],
    ['fan-out:\n  ports: [22, 70000]\n', '2:15 FLOWS_SETTINGS_VALUE `70000` is no value of `ports`'],
    ['off: [beacons]\n', '1:7 FLOWS_SETTINGS_VALUE `beacons` is no value of `off`'],
    ['quiet: 1h\nquiet: 2h\n', '2:1 FLOWS_SETTINGS_KEY key `quiet` is given twice; the first one counts'],
    ['quiet: 1h\n---\nquiet: 1h\n', '3:1 FLOWS_SETTINGS_SYNTAX the file holds more than one document'],
    ['exceptions: yes\n', '1:13 FLOWS_SETTINGS_TYPE `exceptions` is no list'],
    ['exceptions:\n  - detectors: [tor]\n', '2:5 FLOWS_SETTINGS_VALUE an exception fits everything'],
    [
      'exceptions:\n  - ports: []\n',
      '2:12 FLOWS_SETTINGS_VALUE `ports` is an empty list, which would fit everything',
    ],
    ['exceptions:\n  - ports: [9-8]\n', '2:13 FLOWS_SETTINGS_VALUE `9-8` is no value of `ports`'],
    ['exceptions:\n  - networks: [x]\n', '2:16 FLOWS_SETTINGS_VALUE `x` is no value of `networks`'],
  ])('is refused with the place of what is wrong: %j', (text, expected) => {
    const { problems } = read(text);
    expect(
      problems.map(({ code, message, span }) => `${span.line}:${span.column} ${code} ${message}`),
    ).toEqual([expected]);
    expect(problems[0]?.help).not.toBe('');
  });

  test('never makes reading throw, whatever it holds', () => {
    const word = fc.constantFrom(
      'scan',
      'ports',
      'off',
      'exceptions',
      ':',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '&a',
      '*a',
      '3',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 4 })), { maxLength: 30 }), (words) => {
        expect(read(words.join('')).problems).toBeInstanceOf(Array);
      }),
    );
  });
});
