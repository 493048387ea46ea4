import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer, bytesOf, nameBytes, record } from '../testing/dns.js';
import { readDnsAnswer, readDnsQuestion } from './dns-answer.js';

const A = 1;
const CNAME = 5;
const AAAA = 28;

describe('readDnsAnswer', () => {
  it('gives the addresses of the name that was asked for', () => {
    const v6 = [0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 7];
    const message = answer('Kubernetes.Default.svc', [
      record('kubernetes.default.svc', A, 30, [10, 0, 0, 1]),
      record('kubernetes.default.SVC', AAAA, 60, v6),
    ]);
    expect(readDnsAnswer(message)).toEqual({
      name: 'kubernetes.default.svc',
      addresses: [
        { ip: '10.0.0.1', ttlSeconds: 30 },
        { ip: '2001:db8::7', ttlSeconds: 60 },
      ],
    });
  });

  it('follows aliases to the asked name, in any order, for as long as each is good', () => {
    const message = answer('www.example.org', [
      record('edge.example.net', A, 300, [192, 0, 2, 1]),
      record('cdn.example.net', CNAME, 20, nameBytes('edge.example.net')),
      record('www.example.org', CNAME, 600, nameBytes('cdn.example.net')),
      record('other.example.org', A, 300, [192, 0, 2, 9]),
    ]);
    expect(readDnsAnswer(message)?.addresses).toEqual([{ ip: '192.0.2.1', ttlSeconds: 20 }]);
  });

  it('reads compressed names', () => {
    // Byte 12 is where the question's name stands.
    const message = answer('a.b', [[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 127, 0, 0, 2]]);
    expect(readDnsAnswer(message)).toEqual({ name: 'a.b', addresses: [{ ip: '127.0.0.2', ttlSeconds: 5 }] });
  });

  it('keeps what came before a cut', () => {
    const whole = answer('a.b', [record('a.b', A, 1, [1, 2, 3, 4]), record('a.b', A, 1, [5, 6, 7, 8])]);
    expect(readDnsAnswer(whole.subarray(0, whole.length - 1))?.addresses).toHaveLength(1);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', bytesOf([])],
    ['a question', answer('a.b', [], { flags: 0x0100 })],
    ['a refusal', answer('a.b', [], { flags: 0x8183 })],
    ['an answer to two questions', answer('a.b', [], { questions: 2 })],
    ['a name without an end', bytesOf([0, 0, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, 63, 97])],
    ['a name that points to itself', bytesOf([0, 0, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1])],
    [
      'a label of a forbidden kind',
      bytesOf([0, 0, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0x80, 97, 0, 0, 1, 0, 1]),
    ],
  ])('refuses %s', (_, message) => {
    expect(readDnsAnswer(message)).toBeUndefined();
  });

  it('ends on aliases in a circle', () => {
    const circle = [record('a.b', CNAME, 9, nameBytes('c.d')), record('c.d', CNAME, 9, nameBytes('a.b'))];
    expect(readDnsAnswer(answer('a.b', circle))).toEqual({ name: 'a.b', addresses: [] });
  });

  it('makes bytes that are no text harmless', () => {
    const message = answer('x', [record('x', A, 1, [1, 1, 1, 1])]);
    message[13] = 0x0a;
    expect(readDnsAnswer(message)?.name).toBe('?');
  });

  it('never throws, and never says more than it was told, whatever the bytes', () => {
    const start = fc.constantFrom([], [0, 0, 0x80, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0]);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 600 }), (head, tail) => {
        const found = readDnsAnswer(bytesOf([...head, ...tail]));
        expect(found?.addresses.length ?? 0).toBeLessThanOrEqual(tail.length / 14);
        expect(found?.name.length ?? 0).toBeLessThanOrEqual(253);
      }),
      { numRuns: 2000 },
    );
  });

  it('survives any damage to a good answer', () => {
    const good = answer('www.example.org', [
      record('www.example.org', CNAME, 600, nameBytes('cdn.example.net')),
      record('cdn.example.net', A, 300, [192, 0, 2, 1]),
    ]);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
        const bad = Uint8Array.from(good);
        bad[at] = byte;
        for (const { ip } of readDnsAnswer(bad.subarray(0, length))?.addresses ?? []) {
          expect(ip).toMatch(/^[0-9.]+$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('readDnsQuestion', () => {
  it.each<[string, Uint8Array]>([
    ['found', answer('A.b', [record('a.b', A, 30, [10, 0, 0, 1])])],
    ['found without an address', answer('A.b', [record('a.b', 16, 30, [1, 65])])],
    ['refused', answer('A.b', [], { flags: 0x8183 })],
  ])('tells what was asked and %s', (_, message) => {
    expect(readDnsQuestion(message)).toEqual({ name: 'a.b', type: 1 });
  });

  it.each<[string, Uint8Array]>([
    ['a question', answer('a.b', [], { flags: 0x0100 })],
    ['two questions', answer('a.b', [], { questions: 2 })],
    ['what is cut before its type', answer('a.b', []).subarray(0, 19)],
    ['nothing', bytesOf([])],
  ])('refuses %s', (_, message) => {
    expect(readDnsQuestion(message)).toBeUndefined();
  });

  it('keeps bytes apart that are no text', () => {
    const message = answer('xy', []);
    message.set([0xe1, 0x2e], 13);
    expect(readDnsQuestion(message)?.name).toBe('\u00e1?');
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => {
        const found = readDnsQuestion(bytesOf([0, 0, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...tail]));
        expect(found?.name.length ?? 0).toBeLessThanOrEqual(253);
      }),
      { numRuns: 1000 },
    );
  });
});
