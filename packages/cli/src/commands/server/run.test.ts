import { expect, test } from 'vitest';
import { keepByKind, listenOption } from './run.js';

test.each([
  ['7443', '0.0.0.0', 7443],
  ['127.0.0.1:0', '127.0.0.1', 0],
  ['[::1]:7443', '::1', 7443],
  ['server.example.org:65535', 'server.example.org', 65_535],
])('`%s` is where to listen', (text, host, port) => {
  expect(listenOption(text)).toEqual({ host, port });
});

test.each(['', 'x', '127.0.0.1', '127.0.0.1:', '1:65536', '::1:7443', '-1', 'a b:1'])(
  '`%s` is refused',
  (text) => {
    expect(() => listenOption(text)).toThrow(/is no address/);
  },
);

test('kinds are kept for the days that are said', () => {
  expect(keepByKind(['flow=7', 'incident=400'])).toEqual({
    flow: 7 * 86_400_000,
    incident: 400 * 86_400_000,
  });
});

test.each(['flow', 'flow=', 'flow=0', 'flow=99999', 'nothing=7', '=7'])('`%s` keeps nothing', (text) => {
  expect(() => keepByKind([text])).toThrow(/is not understood/);
});

test('a kind that is said twice is refused', () => {
  expect(() => keepByKind(['flow=7', 'flow=8'])).toThrow(/is not understood/);
});
