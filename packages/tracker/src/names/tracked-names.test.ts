import { fdRecord, sysRecord, testContainer } from '@runward/events/testing';
import { beforeEach, expect, test } from 'vitest';
import { answer, record } from '../testing/dns.js';
import { FakeSurroundings } from '../testing/fake-surroundings.js';
import { Tracker } from '../tracker.js';

const SERVER = [10, 0, 0, 9];
const ANSWER = answer('api.test', [record('api.test', 1, 30, [192, 0, 2, 7])]);
const fromPort = (remotePort: number) => ({
  ...{ type: 'recvfrom', result: ANSWER.length, data: ANSWER, fd: 3 },
  ...{ family: 2, protocol: 17, remote: SERVER, remotePort },
});

let tracker: Tracker;
let names: readonly string[] | undefined;

const give = (cgroup: number, facts: Parameters<typeof fdRecord>[0]): void => {
  const bytes = fdRecord({ pid: 500 + cgroup, cgroup, ...facts });
  tracker.handle({ bytes, data: new DataView(bytes.buffer) }, 0, bytes.length);
};
const connect = { type: 'connect', fd: 3, family: 2, protocol: 6, remotePort: 443 };

beforeEach(() => {
  const machine = new FakeSurroundings();
  for (const cgroup of [1, 2]) {
    machine.paths.set(cgroup, `/box${cgroup}`);
    machine.ids.set(`/box${cgroup}`, `box${cgroup}`);
  }
  const resolver = { resolve: () => undefined, hostPath: () => undefined };
  tracker = new Tracker(machine, resolver, {
    ...{ hostname: 'node', identityTimeoutMs: 1000 },
    onEvent: (view) => {
      names = view.names?.namesOf('192.0.2.7');
    },
  });
  for (const cgroup of [1, 2]) {
    const bytes = sysRecord({ pid: 500 + cgroup, cgroup });
    tracker.handle({ bytes, data: new DataView(bytes.buffer) }, 0, bytes.length);
    tracker.identified(cgroup, { kind: 'container', info: testContainer({ name: `box${cgroup}` }) });
  }
});

test('a container knows the names its name server gave it, and no other container does', () => {
  give(1, fromPort(53));
  give(1, connect);
  expect(names).toEqual(['api.test']);
  give(2, connect);
  expect(names).toBeUndefined();
});

test('a datagram from another port is no answer', () => {
  give(1, fromPort(5353));
  give(1, connect);
  expect(names).toBeUndefined();
});

test('the hosts file names addresses too', () => {
  tracker.accounted(1, { users: [], groups: [], hosts: [{ ip: '192.0.2.7', names: ['box'] }] });
  give(1, fromPort(53));
  give(1, connect);
  expect(names).toEqual(['api.test', 'box']);
});
