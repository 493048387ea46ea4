import { expect, test } from 'vitest';
import { fieldValue, testContainer, testProcess, testView } from '../testing/index.js';

const INSIDE = 5000;
const runtime = testProcess({ pid: 10, comm: 'runc' });
const init = testProcess({
  pid: 20,
  vpid: 1,
  pidNs: INSIDE,
  args: ['/bin/sh', '-c', 'true'],
  parent: runtime,
});
const entered = (...args: string[]) =>
  testProcess({ pid: 30, vpid: 7, pidNs: INSIDE, args, parent: runtime });
const container = testContainer({
  healthcheck: ['CMD-SHELL', 'true'],
  livenessProbe: ['cat', '/tmp/alive'],
  readinessProbe: ['true'],
});

const value = (process: ReturnType<typeof testProcess>, field: string) =>
  fieldValue(testView({ process, container }), field);

test('a process that entered the container with the command of a probe is one, as are its children', () => {
  const check = entered('/bin/sh', '-c', 'true');
  const child = testProcess({ pid: 31, vpid: 8, pidNs: INSIDE, args: ['true'], parent: check });
  expect(value(check, 'proc.is_container_healthcheck')).toBe(true);
  expect(value(child, 'proc.is_container_healthcheck')).toBe(true);
  expect(value(check, 'proc.is_container_liveness_probe')).toBe(false);
  expect(value(entered('cat', '/tmp/alive'), 'proc.is_container_liveness_probe')).toBe(true);
  expect(value(entered('true'), 'proc.is_container_readiness_probe')).toBe(true);
});

test('a process of the container that only looks like a probe is none', () => {
  const liar = testProcess({
    pid: 40,
    vpid: 9,
    pidNs: INSIDE,
    args: ['/bin/sh', '-c', 'true'],
    parent: init,
  });
  expect(value(liar, 'proc.is_container_healthcheck')).toBe(false);
  expect(value(init, 'proc.is_container_healthcheck')).toBe(false);
});

test('the commands of probes are shown', () => {
  expect(value(init, 'container.healthcheck')).toBe('/bin/sh -c true');
  expect(value(init, 'container.liveness_probe')).toBe('cat /tmp/alive');
  expect(value(init, 'container.readiness_probe')).toBe('true');
  const off = testView({ container: testContainer({ healthcheck: ['NONE'] }) });
  expect(fieldValue(off, 'container.healthcheck')).toBe('NONE');
  expect(fieldValue(testView({ container: testContainer() }), 'container.healthcheck')).toBeUndefined();
});
