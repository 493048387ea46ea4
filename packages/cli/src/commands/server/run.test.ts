import { expect, test } from 'vitest';
import { listenOption } from './run.js';

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
