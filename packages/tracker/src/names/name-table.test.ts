import { describe, expect, it } from 'vitest';
import { answer, nameBytes, record } from '../testing/dns.js';
import { NameTable } from './name-table.js';

const address = (name: string, ip: readonly number[], ttl = 30) => answer(name, [record(name, 1, ttl, ip)]);
const HOUR_MS = 3_600_000;

describe('NameTable', () => {
  it('knows what a name server answered, the newest name first, and what the hosts file says', () => {
    const table = new NameTable([{ ip: '10.0.0.1', names: ['Box', 'box.local'] }]);
    table.learn(address('one.test', [10, 0, 0, 1]));
    table.learn(address('two.test', [10, 0, 0, 1]));
    table.learn(address('one.test', [10, 0, 0, 1]));
    expect(table.namesOf('10.0.0.1')).toEqual(['one.test', 'two.test', 'box', 'box.local']);
    expect(table.namesOf('10.0.0.2')).toEqual([]);
  });

  it('forgets an answer a minute after its time to live', () => {
    const table = new NameTable();
    table.learn(address('one.test', [10, 0, 0, 1], 30));
    table.nowMs = 89_000;
    expect(table.namesOf('10.0.0.1')).toEqual(['one.test']);
    table.nowMs = 91_000;
    expect(table.namesOf('10.0.0.1')).toEqual([]);
  });

  it('keeps no answer longer than a day', () => {
    const table = new NameTable();
    table.learn(address('one.test', [10, 0, 0, 1], 0x7fffffff));
    table.nowMs = 25 * HOUR_MS;
    expect(table.namesOf('10.0.0.1')).toEqual([]);
  });

  it('is bounded, whatever name servers say', () => {
    const table = new NameTable();
    for (let i = 0; i < 20_000; i++) table.learn(address(`n${i}.test`, [10, 0, (i >> 8) & 255, i & 255]));
    for (let i = 0; i < 100; i++) table.learn(address(`other${i}.test`, [10, 9, 9, 9]));
    expect(table.size).toBe(512);
    expect(table.namesOf('10.9.9.9')).toHaveLength(4);
  });

  it('takes no harm from what is no answer', () => {
    const table = new NameTable();
    table.learn(new Uint8Array(0));
    table.learn(Uint8Array.from(nameBytes('x')));
    expect(table.size).toBe(0);
  });
});
