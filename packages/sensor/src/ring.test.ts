import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { RingReader } from './ring.js';

const PAGE = 4096;
const SIZE = 4096;
const BUSY = 0x8000_0000;
const DISCARD = 0x4000_0000;
const folder = mkdtempSync(join(tmpdir(), 'runward-ring-'));
afterAll(() => rmSync(folder, { recursive: true }));
let rings = 0;

/** The kernel's side of a ring, in a file: consumer page, producer page, data. */
class Producer {
  readonly fd: number;
  #position = 0;

  constructor() {
    this.fd = openSync(join(folder, String(rings++)), 'w+');
    writeSync(this.fd, new Uint8Array(2 * PAGE + SIZE));
  }
  #write(at: number, bytes: Uint8Array): void {
    for (const [i, byte] of bytes.entries()) {
      writeSync(this.fd, Uint8Array.of(byte), 0, 1, 2 * PAGE + ((at + i) & (SIZE - 1)));
    }
  }
  #word(value: number): Uint8Array {
    return new Uint8Array(new Uint32Array([value >>> 0]).buffer);
  }
  /** Appends a record; returns how to finish it when it was left busy. */
  put(text: string, flags = 0): () => void {
    const at = this.#position;
    const bytes = new TextEncoder().encode(text);
    this.#write(at + 8, bytes);
    this.#write(at, this.#word(bytes.length | flags));
    this.#position += (8 + bytes.length + 7) & ~7;
    writeSync(this.fd, new Uint8Array(new BigUint64Array([BigInt(this.#position)]).buffer), 0, 8, PAGE);
    return () => this.#write(at, this.#word(bytes.length));
  }
  get free(): number {
    return SIZE - (this.#position - this.consumed);
  }
  /** How far the reader says it is. */
  get consumed(): number {
    const position = new BigUint64Array(1);
    readSync(this.fd, new Uint8Array(position.buffer), 0, 8, 0);
    return Number(position[0]);
  }
  get produced(): number {
    return this.#position;
  }
}

function ring(): {
  readonly producer: Producer;
  readonly reader: RingReader;
  drain(limit?: number): string[];
} {
  const producer = new Producer();
  const reader = new RingReader(producer.fd, SIZE);
  const drain = (limit = 1000): string[] => {
    const texts: string[] = [];
    reader.drain(({ bytes, data }, offset, length) => {
      const text = bytes.subarray(offset, offset + length);
      texts.push(new TextDecoder().decode(text));
      if (length > 0) expect(data.getUint8(offset)).toBe(text[0]);
    }, limit);
    return texts;
  };
  return { producer, reader, drain };
}

describe('reading a ring', () => {
  test('gives each record once, in order, and its space back', () => {
    const { producer, reader, drain } = ring();
    expect([drain(), reader.backlog]).toEqual([[], 0]);
    for (const text of ['one', '', 'a longer record']) producer.put(text);
    expect(reader.backlog).toBe(producer.produced);
    expect(drain()).toEqual(['one', '', 'a longer record']);
    expect([drain(), reader.backlog, producer.consumed]).toEqual([[], 0, producer.produced]);
  });

  test('waits at a record that is not finished', () => {
    const { producer, drain } = ring();
    producer.put('first');
    const finish = producer.put('second', BUSY);
    producer.put('third');
    expect(drain()).toEqual(['first']);
    expect(drain()).toEqual([]);
    finish();
    expect(drain()).toEqual(['second', 'third']);
  });

  test('passes over what the kernel took back', () => {
    const { producer, drain } = ring();
    producer.put('first');
    producer.put('nothing', DISCARD);
    producer.put('second');
    expect(drain()).toEqual(['first', 'second']);
    expect(producer.consumed).toBe(producer.produced);
  });

  test('stops at the limit and goes on from there', () => {
    const { producer, drain } = ring();
    for (let i = 0; i < 10; i += 1) producer.put(String(i));
    expect(drain(4)).toEqual(['0', '1', '2', '3']);
    expect(drain()).toEqual(['4', '5', '6', '7', '8', '9']);
  });

  test.each([0, 8, 16, 24, 64])('a record that begins %i bytes before the end is whole', (left) => {
    const { producer, drain } = ring();
    const text = 'over the edge '.repeat(20);
    producer.put('x'.repeat(SIZE - 8 - left));
    expect(drain()).toHaveLength(1);
    producer.put(text);
    producer.put('next');
    expect(drain()).toEqual([text, 'next']);
  });

  test('gives the same as a queue, however records and reads alternate', () => {
    const step = fc.oneof(
      fc.record({ put: fc.string({ maxLength: 60 }), flags: fc.constantFrom(0, 0, 0, DISCARD) }),
      fc.record({ read: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const { producer, drain } = ring();
        const queue: string[] = [];
        for (const s of steps) {
          if ('read' in s) expect(drain(s.read)).toEqual(queue.splice(0, s.read));
          else if (producer.free > 300) {
            producer.put(s.put, s.flags);
            if (s.flags === 0) queue.push(s.put);
          }
        }
        expect(drain()).toEqual(queue);
        expect(producer.consumed).toBe(producer.produced);
        closeSync(producer.fd);
      }),
      { numRuns: 20 },
    );
  });
});

test('what is no ring is an error that says what to try', () => {
  expect(() => new RingReader(-1, SIZE)).toThrow(expect.objectContaining({ code: 'SENSOR_RING_FAILED' }));
});
