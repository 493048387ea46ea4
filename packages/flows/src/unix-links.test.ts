import { expect, test } from 'vitest';
import { joinUnixSockets } from './unix-links.js';

const row = (cgroup: number, socket: number, peer: number, path = '') => ({ cgroup, socket, peer, path });

test('connections between cgroups are told once, from client to server', () => {
  const sockets = [
    row(1, 10, 20),
    row(2, 20, 10, '/run/db.sock'),
    row(2, 20, 10, '/run/db.sock'), // held by a second process
    row(1, 11, 21),
    row(2, 21, 11, '/run/db.sock'),
  ];
  expect(joinUnixSockets(sockets)).toEqual([{ client: 1, server: 2, path: '/run/db.sock', open: 2 }]);
});

test('what stays in one cgroup, has no name or was not accepted is left out', () => {
  const sockets = [row(1, 10, 20), row(1, 20, 10, '/x'), row(1, 11, 21), row(2, 21, 11), row(1, 12, 0)];
  expect(joinUnixSockets(sockets)).toEqual([]);
});

test('datagram sockets that are bound at both ends are one connection', () => {
  expect(joinUnixSockets([row(1, 10, 20, '/a'), row(2, 20, 10, '/b')])).toHaveLength(1);
});
