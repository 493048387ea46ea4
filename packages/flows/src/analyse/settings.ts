import { inNetwork, type Network, parseAddress } from '@runward/core';
import type { Flow } from '../flow.js';
import { globTest } from '../words.js';
import { DETECTORS, type Detector } from './finding.js';
import { DEFAULT_THRESHOLDS, type Thresholds } from './thresholds.js';

/** Flows that detectors do not look at: those that fit all that is said. What is empty fits everything. */
export interface Exception {
  readonly detectors: readonly Detector[];
  /** Names of workloads or containers, with `*` and `?`. */
  readonly workloads: readonly string[];
  /** Of the address that is asked. */
  readonly networks: readonly Network[];
  /** Names of the side that is asked, with `*` and `?`. */
  readonly names: readonly string[];
  readonly ports: readonly (readonly [first: number, last: number])[];
}

export interface Settings {
  readonly thresholds: Thresholds;
  /** Told by nobody. */
  readonly off: readonly Detector[];
  readonly exceptions: readonly Exception[];
}

export const DEFAULT_SETTINGS: Settings = { thresholds: DEFAULT_THRESHOLDS, off: [], exceptions: [] };

/** What an exception is asked about. */
export interface Subject {
  readonly self: Flow['self'];
  readonly address: string;
  readonly names: readonly string[];
  readonly port: number;
}

/** Which detectors are not to look, by what they would look at. */
export function exceptionTest({
  off,
  exceptions,
}: Pick<Settings, 'off' | 'exceptions'>): (subject: Subject) => ReadonlySet<Detector> {
  const always: ReadonlySet<Detector> = new Set(off);
  const tests = exceptions.map((exception) => ({
    fits: subjectTest(exception),
    detectors: exception.detectors.length > 0 ? exception.detectors : DETECTORS,
  }));
  return (subject) => {
    const fitting = tests.filter(({ fits }) => fits(subject));
    return fitting.length === 0
      ? always
      : new Set([...always, ...fitting.flatMap(({ detectors }) => detectors)]);
  };
}

function subjectTest({ workloads, networks, names, ports }: Exception): (subject: Subject) => boolean {
  const isWorkload = anyOf(workloads);
  const isName = anyOf(names);
  return ({ self, address, names: known, port }) => {
    if (ports.length > 0 && !ports.some(([first, last]) => port >= first && port <= last)) return false;
    if (!isWorkload([self.name, ...(self.container === undefined ? [] : [self.container.workload])]))
      return false;
    if (!isName(known)) return false;
    const words = networks.length > 0 ? parseAddress(address) : undefined;
    return (
      networks.length === 0 || (words !== undefined && networks.some((network) => inNetwork(words, network)))
    );
  };
}

function anyOf(globs: readonly string[]): (names: readonly string[]) => boolean {
  const tests = globs.map(globTest);
  return (names) => tests.length === 0 || names.some((name) => tests.some((fits) => fits(name)));
}
