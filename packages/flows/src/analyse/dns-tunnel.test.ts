import { describe, expect, test } from 'vitest';
import { containerEnd } from '../testing/flow.js';
import { seeded } from '../testing/seeded.js';
import { Analyst } from './analyst.js';
import { changingBits } from './dns-tunnel.js';
import { DEFAULT_SETTINGS } from './settings.js';

const A = 1;
const TXT = 16;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const HEX = '0123456789abcdef';
const WORDS = ['api', 'edge', 'prod', 'static', 'images', 'login', 'assets', 'europe', 'west', 'queue'];

const encoded = (alphabet: string, length: number, random: () => number): string =>
  Array.from({ length }, () => alphabet[Math.floor(alphabet.length * random())]).join('');
const word = (random: () => number): string => WORDS[Math.floor(WORDS.length * random())] ?? '';

interface Load {
  readonly name: (i: number, random: () => number) => string;
  readonly everyMs?: number;
  readonly type?: number;
  readonly bytes?: number;
  readonly count?: number;
}

function told(
  { name, everyMs = 1000, type = A, bytes = 120, count = 300 }: Load,
  seed = 1,
  settings = DEFAULT_SETTINGS,
) {
  const analyst = new Analyst(settings);
  const random = seeded(seed);
  const self = containerEnd('web', '10.0.0.1');
  return Array.from({ length: count }, (_, i) =>
    analyst.takeLookUps([{ self, name: name(i, random), type, bytes }], 1_700_000_000_000 + i * everyMs),
  ).flat();
}

const HOSTILE: readonly (readonly [string, Load])[] = [
  ['base32 in one label', { name: (_, random) => `${encoded(BASE32, 40, random)}.t.example.org` }],
  [
    'hex in short labels',
    { name: (_, random) => `${encoded(HEX, 12, random)}.${encoded(HEX, 12, random)}.example.org` },
  ],
  [
    'one name in ten seconds',
    { name: (_, random) => `${encoded(BASE32, 30, random)}.example.org`, everyMs: 10_000 },
  ],
  [
    'bytes as they are',
    {
      name: (_, random) =>
        `${encoded(String.fromCharCode(...Array.from({ length: 100 }, (_, i) => 150 + i)), 40, random)}.example.org`,
    },
  ],
  ['answers of text to short names', { name: (i) => `${i}.example.org`, type: TXT, bytes: 600 }],
];

const BENIGN: readonly (readonly [string, Load])[] = [
  [
    'names of services, with search domains',
    { name: (_, random) => `${word(random)}.${word(random)}.svc.cluster.local.default.svc.cluster.local` },
  ],
  [
    'machines that are counted',
    { name: (i) => `worker-node-number-${String(i).padStart(6, '0')}.example.org` },
  ],
  [
    'long names put together from words',
    { name: (_, random) => `${word(random)}-${word(random)}-${word(random)}-eu-central.example.org` },
  ],
  ['sites of many names', { name: (i, random) => `www.${encoded(BASE32, 8, random)}${i}.co.uk` }],
  ['names of addresses', { name: (_, random) => `${encoded(HEX, 32, random).split('').join('.')}.ip6.arpa` }],
  ['a name of a key, again and again', { name: () => `${'3f2a9c5d'.repeat(5)}.example.org` }],
  [
    'keys of mail servers',
    {
      name: (_, random) => `selector1._domainkey.${word(random)}.org`,
      type: TXT,
      bytes: 450,
      everyMs: 20_000,
    },
  ],
  ['names of a content network, few', { name: (i) => `d${'3f2a9c5d17be'.repeat(2)}${i % 20}.example.net` }],
  [
    'encoded names, one a minute',
    { name: (_, random) => `${encoded(BASE32, 40, random)}.example.org`, everyMs: 60_000 },
  ],
];

describe('a DNS tunnel', () => {
  test.each(HOSTILE)('of %s is told, once', (_, load) => {
    for (const seed of [1, 2, 3, 4, 5])
      expect(told(load, seed).map(({ detector, evidence }) => [detector, evidence.domain])).toEqual([
        ['dns-tunnel', 'example.org'],
      ]);
  });

  test.each(BENIGN)('is not %s', (_, load) => {
    for (const seed of [1, 2, 3, 4, 5]) expect(told(load, seed)).toEqual([]);
  });

  test('is not what an exception names', () => {
    const exception = { detectors: [], workloads: [], networks: [], names: ['*.t.example.org'], ports: [] };
    const [, load] = HOSTILE[0] ?? expect.fail();
    expect(told(load, 1, { ...DEFAULT_SETTINGS, exceptions: [exception] })).toEqual([]);
  });

  test('is shown by names that can be printed', () => {
    const [, load] = HOSTILE[3] ?? expect.fail();
    expect(told(load)[0]?.evidence.examples).toMatch(/^[\x20-\x7e]+$/);
  });
});

test.each<[string, readonly string[], number]>([
  ['nothing', [], 0],
  ['one name', ['abcdef'], 0],
  ['half of the places', ['aa', 'ab'], 0.5],
  ['places that only some names have', ['a', 'ab'], 0],
  ['all places', ['ab', 'ba'], 1],
])('the bits that change of %s', (_, names, bits) => {
  expect(changingBits(names)).toBeCloseTo(bits);
});
