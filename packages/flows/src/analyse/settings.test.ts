import { parseNetwork } from '@runward/core';
import { describe, expect, test } from 'vitest';
import { containerEnd, externalEnd, testFlow } from '../testing/flow.js';
import { Analyst } from './analyst.js';
import { DEFAULT_SETTINGS, type Exception } from './settings.js';

const NOTHING: Exception = { detectors: [], workloads: [], networks: [], names: [], ports: [] };
const network = (text: string) => [parseNetwork(text) ?? expect.fail(text)];

/** A port of Tor that answers, and a scan of 40 addresses. */
function toldBy(settings: Partial<typeof DEFAULT_SETTINGS>): readonly string[] {
  const analyst = new Analyst({ ...DEFAULT_SETTINGS, ...settings });
  const self = containerEnd('web-1', '10.0.0.1', 'shop/web');
  const tor = testFlow(
    { ...{ self, port: 9001, remote: '192.0.2.7' }, peer: externalEnd('192.0.2.7', 'a.example.org') },
    { attempts: 1, established: 1 },
  );
  const scan = Array.from({ length: 40 }, (_, i) =>
    testFlow(
      { ...{ self, port: 6379, remote: `10.9.0.${i}` }, peer: externalEnd(`10.9.0.${i}`) },
      { attempts: 1, refused: 1 },
    ),
  );
  return analyst.take([tor, ...scan], 1_700_000_000_000).map(({ detector }) => detector);
}

describe('settings', () => {
  test('without any, everything is told', () => {
    expect(toldBy({})).toEqual(['tor', 'host-scan']);
  });

  test('turn detectors off one by one', () => {
    expect(toldBy({ off: ['tor'] })).toEqual(['host-scan']);
  });

  test.each<[string, Partial<Exception>, readonly string[]]>([
    ['a workload', { workloads: ['shop/*'] }, []],
    ['a container by name', { workloads: ['web-?'] }, []],
    ['another workload', { workloads: ['shop/db'] }, ['tor', 'host-scan']],
    ['a detector of a workload', { workloads: ['shop/web'], detectors: ['host-scan'] }, ['tor']],
    ['a network', { networks: network('10.9.0.0/16') }, ['tor']],
    ['all but a few of what is scanned', { networks: network('10.9.0.0/27') }, ['tor']],
    ['a part of what is scanned', { networks: network('10.9.0.0/28') }, ['tor', 'host-scan']],
    ['a name', { names: ['*.example.org'] }, ['host-scan']],
    ['a port', { ports: [[6000, 6400]] }, ['tor']],
    ['what fits only in part', { ports: [[9001, 9001]], names: ['b.example.org'] }, ['tor', 'host-scan']],
  ])('leave out %s', (_, exception, told) => {
    expect(toldBy({ exceptions: [{ ...NOTHING, ...exception }] })).toEqual(told);
  });
});
