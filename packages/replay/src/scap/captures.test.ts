/** The two captures that come with the ecosystem, read in full and compared with a second, naive reading. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { EventView } from '@runward/events';
import { fieldValue } from '@runward/events/testing';
import { describe, expect, test } from 'vitest';
import { openEventSource } from '../open-source.js';
import { replayBytes } from '../testing/replay-bytes.js';

const folder = join(import.meta.dirname, '../../../../../shared/conformance/captures');

interface RawEvent {
  readonly type: number;
  readonly tid: number;
  readonly timeNs: bigint;
  readonly params: readonly Buffer[];
}

/** Blocks of version 1 only, which is what these files have; nothing of the reader under test is used. */
function rawEvents(bytes: Buffer): readonly RawEvent[] {
  const events: RawEvent[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    if (bytes.readUInt32LE(at) !== 0x204) continue;
    const event = at + 10;
    const end = event + bytes.readUInt32LE(event + 16);
    const params: Buffer[] = [];
    for (let count = 0; ; count += 1) {
      const lengths = Array.from({ length: count }, (_, i) => bytes.readUInt16LE(event + 22 + 2 * i));
      if (22 + 2 * count + lengths.reduce((a, b) => a + b, 0) !== end - event) continue;
      let value = event + 22 + 2 * count;
      for (const length of lengths) {
        params.push(bytes.subarray(value, value + length));
        value += length;
      }
      break;
    }
    events.push({
      type: bytes.readUInt16LE(event + 20),
      tid: Number(bytes.readBigUInt64LE(event + 8)),
      timeNs: bytes.readBigUInt64LE(event),
      params,
    });
  }
  return events;
}

/** Names of the exit events these files have and a rule can speak about. */
const NAMES: Readonly<Record<number, string>> = {
  3: 'open',
  5: 'close',
  7: 'read',
  9: 'write',
  19: 'socket',
  23: 'connect',
  31: 'sendto',
  33: 'recvfrom',
  35: 'recvfrom',
  43: 'socketpair',
  53: 'recvmsg',
  51: 'sendmmsg',
  61: 'pipe',
  151: 'fcntl',
  161: 'mmap',
  171: 'ioctl',
  186: 'procexit',
  223: 'clone',
  231: 'execve',
  289: 'execve',
  329: 'mprotect',
};

const cString = (b: Buffer | undefined): string =>
  (b ?? Buffer.alloc(0)).toString('utf8').replace(/\0.*$/s, '');
const signed = (b: Buffer | undefined): number => (b?.length === 8 ? Number(b.readBigInt64LE(0)) : -1);

describe.skipIf(!existsSync(folder)).each(['curl_google', 'test_ipv6_client'])('%s.scap', (name) => {
  const path = join(folder, `${name}.scap`);
  const raw = existsSync(path) ? rawEvents(gunzipSync(readFileSync(path))) : [];

  test('every event has the type, time and thread it was captured with', async () => {
    const seen: string[] = [];
    const source = await openEventSource(path);
    const stats = await source.replay((v) => seen.push(`${v.timeNs} ${v.tid} ${v.typeName}`));
    const expected = raw.filter((e) => NAMES[e.type] !== undefined);
    expect(seen).toEqual(expected.map((e) => `${e.timeNs} ${e.tid} ${NAMES[e.type]}`));
    expect(stats).toMatchObject({ events: seen.length, malformed: 0, complete: true, gaps: [] });
    expect(stats.fromNs).toBe(raw[0]?.timeNs);
    expect(stats.toNs).toBe(raw.at(-1)?.timeNs);
    expect(stats.skipped.filter((part) => part.kind !== 'unsupported')).toEqual([]);
  });

  test('descriptors of open, read and close are files by the name they were opened with', async () => {
    const seen: unknown[] = [];
    await (await openEventSource(path)).replay((v) => {
      if (['open', 'read', 'close'].includes(v.typeName) && v.objectKind === 'file')
        seen.push([v.typeName, fieldValue(v, 'fd.name'), fieldValue(v, 'evt.arg.name') ?? null]);
    });
    const files = new Map<string, string>();
    const entered = new Map<number, RawEvent>();
    const expected: unknown[] = [];
    for (const e of raw) {
      if (e.type % 2 === 0) {
        entered.set(e.tid, e);
        continue;
      }
      const fd = e.type === 3 ? signed(e.params[0]) : signed(entered.get(e.tid)?.params[0]);
      const key = `${e.tid} ${fd}`;
      if (e.type === 3 && fd >= 0) files.set(key, cString(e.params[1]));
      const known = files.get(key);
      if (known === undefined || ![3, 5, 7].includes(e.type)) continue;
      expected.push([NAMES[e.type], known, e.type === 3 ? known : null]);
      if (e.type === 5) files.delete(key);
    }
    expect(expected.length).toBeGreaterThan(3);
    expect(seen).toEqual(expected);
  });

  test('it is the same whatever the size of the pieces it is read in', () => {
    const bytes = gunzipSync(readFileSync(path));
    const read = (chunk: number): readonly string[] => {
      const lines: string[] = [];
      replayBytes(bytes, (v) => lines.push(`${v.typeName} ${fieldValue(v, 'evt.args')}`), chunk);
      return lines;
    };
    expect(read(777)).toEqual(read(1 << 20));
  });
});

describe.skipIf(!existsSync(folder))('what the captures tell', () => {
  const collect = async (name: string, pick: (v: EventView) => unknown): Promise<readonly unknown[]> => {
    const found: unknown[] = [];
    await (await openEventSource(join(folder, `${name}.scap`))).replay((v) => {
      const value = pick(v);
      if (value !== undefined) found.push(value);
    });
    return found;
  };

  test('curl asks a name server over UDP and a web server over TCP, both over IPv6', async () => {
    const connections = await collect('curl_google', (v) =>
      v.typeName === 'connect' && v.objectKind === 'ipv6'
        ? [
            fieldValue(v, 'fd.sip'),
            fieldValue(v, 'fd.sport'),
            fieldValue(v, 'fd.l4proto'),
            fieldValue(v, 'proc.cmdline'),
          ]
        : undefined,
    );
    expect(connections).toEqual([
      ['2001:4860:4860::8888', 53, 'udp', 'curl -6 http://www.google.com'],
      ['2607:f8b0:4004:802::2004', 80, 'tcp', 'curl -6 http://www.google.com'],
    ]);
  });

  test('ancestors come from the process list', async () => {
    const [ancestors] = await collect('curl_google', (v) =>
      v.typeName === 'execve' ? fieldValue(v, 'proc.aname') : undefined,
    );
    expect(ancestors).toContain('bash');
    expect(ancestors).toContain('systemd');
  });

  test('a connected datagram socket names its peer of the moment', async () => {
    const names = await collect('test_ipv6_client', (v) =>
      v.typeName === 'sendto' ? fieldValue(v, 'fd.rip') : undefined,
    );
    expect(names).toEqual(['::1', '::1', '2001:4860:4860::8888', '::1']);
  });
});
