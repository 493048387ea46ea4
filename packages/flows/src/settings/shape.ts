import { parseAddress } from '@runward/core';
import type { Thresholds } from '../analyse/index.js';
import { amount, count, duration, ports, type Setting, share, size, texts } from './values.js';

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;

const window = duration(SECOND_MS, 30 * DAY_MS);
/** 0: nothing is known by it. */
const settling = duration(0, DAY_MS);
const history = duration(SECOND_MS, 365 * DAY_MS);
const addresses = texts(
  (text) => parseAddress(text) !== undefined,
  'an address of IPv4 or IPv6, such as `169.254.169.254`',
);

const names = texts(
  (text) => /^[a-z0-9_*?.-]{1,253}$/.test(text),
  'a name in lower case, such as `*.pool.example.org`',
);

type Groups = Omit<Thresholds, 'quietMs'>;
type Shape = { readonly [G in keyof Groups]: { readonly [K in keyof Groups[G]]: Setting } };

/** What the file may say. The most is what the tables of the detectors hold. */
const SHAPE: Shape = {
  scan: {
    ...{ ports: count(2, 4096), hosts: count(2, 4096), windowMs: window },
    ...{ slowPorts: count(2, 4096), slowHosts: count(2, 4096), slowWindowMs: window },
    failedShare: share,
  },
  fanOut: { hosts: count(2, 256), windowMs: window, ports },
  volume: { bytes: size, factor: amount(1, 1000), historyMs: history },
  newPeer: { historyMs: history },
  newPort: { historyMs: history, mostPorts: count(1, 256) },
  beacon: {
    ...{ connections: count(4, 64), shortestMs: window, longestMs: window },
    ...{ jitter: share, mostBytes: size, regularShare: share, settlingMs: settling, historyMs: history },
  },
  dns: {
    ...{ names: count(8, 256), length: count(1, 250), entropy: amount(0, 8) },
    ...{ textBytes: size, windowMs: window },
  },
  destination: {
    ...{ metadata: addresses, torPorts: ports, proxyPorts: ports },
    ...{ miningPorts: ports, miningNames: names },
  },
};

/** By name of the program, with that of the file. */
export const GROUPS: readonly {
  readonly group: string;
  readonly name: string;
  readonly settings: readonly { readonly key: string; readonly name: string; readonly setting: Setting }[];
}[] = Object.entries(SHAPE).map(([group, settings]) => ({
  ...{ group, name: fileName(group) },
  settings: Object.entries(settings).map(([key, setting]) => ({ key, name: fileName(key), setting })),
}));

export const QUIET: Setting = duration(SECOND_MS, 30 * DAY_MS);

/** The first must not be more than the second. */
export const ORDERED: readonly (readonly [group: string, less: string, more: string])[] = [
  ['scan', 'windowMs', 'slowWindowMs'],
  ['beacon', 'shortestMs', 'longestMs'],
];

/** `slowWindowMs` is `slow-window`: the file has units. */
export function fileName(key: string): string {
  return key.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
