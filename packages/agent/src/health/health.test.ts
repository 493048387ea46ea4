import { realpathSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ToldProcess } from '../messages.js';
import { Canary } from './canary.js';
import { exposition } from './exposition.js';
import { HealthServer } from './health-server.js';

const place = { host: '127.0.0.1', port: 0, tls: undefined };
const serve = async (seen: (pid: number) => Promise<ToldProcess>) => {
  const metric = { name: 'runward_x', help: 'X.', type: 'gauge' as const, samples: [{ value: 1 }] };
  const server = await HealthServer.open(place, new Canary('a1b2', seen), async () => [metric]);
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  return { server, get };
};
const told = (program: string | undefined, isCanary: boolean) => async () => ({ program, isCanary });
const PROGRAM = realpathSync('/bin/true');

test('labels are escaped as the format asks', () => {
  const samples = [{ labels: { type: 'a"b\\c\nd' }, value: 2 }];
  expect(exposition([{ name: 'runward_n', help: 'N.', type: 'counter', samples }])).toBe(
    '# HELP runward_n N.\n# TYPE runward_n counter\nrunward_n{type="a\\"b\\\\c\\nd"} 2\n',
  );
});

test('an agent is healthy when what was started is seen', async () => {
  const { server, get } = await serve(told(PROGRAM, true));
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/metrics')).text).toContain('runward_healthy 1\n');
  expect((await get('/metrics')).text).toContain('runward_x 1\n');
  expect((await get('/else')).status).toBe(404);
  await server.close();
});

test.each([
  ['hears of no program', told(undefined, false), /the kernel has not told of/],
  ['hears of another program', told('/bin/else', true), /the kernel has not told of/],
  ['judges no rule', told(PROGRAM, false), /no rule has fired/],
  ['answers nothing', () => new Promise<never>(() => undefined), /thread has not answered/],
  ['has ended', () => Promise.reject(new Error('the sensor has ended')), /the sensor has ended/],
])('it is not when the sensor %s', async (_, seen, why) => {
  const { server, get } = await serve(seen);
  const { status, text } = await get('/healthz');
  expect([status, text]).toEqual([503, expect.stringMatching(why)]);
  expect((await get('/metrics')).text).not.toContain('runward_x');
  await server.close();
});
