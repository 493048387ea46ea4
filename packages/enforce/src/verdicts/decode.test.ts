import { describe, expect, it } from 'vitest';
import { RwMechanism, RwOutcomeOfVerdict, RwSection, RwVerdict, RwVerdictFlag } from '../layout.generated.js';
import { decodeVerdict } from './decode.js';

interface Fields {
  readonly section: number;
  readonly operation: number;
  readonly path?: string;
  readonly flags?: number;
  readonly address?: readonly number[];
  readonly detail?: readonly bigint[];
}

function record({ section, operation, path = '', flags = 0, address = [], detail = [] }: Fields): Uint8Array {
  const text = new TextEncoder().encode(path);
  const bytes = new Uint8Array(RwVerdict.size + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(RwVerdict.section, section, true);
  view.setUint32(RwVerdict.operation, operation, true);
  view.setUint8(RwVerdict.outcome, RwOutcomeOfVerdict.RW_DENIED);
  view.setUint8(RwVerdict.mechanism, RwMechanism.RW_BY_LSM);
  view.setUint16(RwVerdict.flags, flags, true);
  view.setUint16(RwVerdict.path_len, text.length, true);
  view.setBigUint64(RwVerdict.cgroup_id, (1n << 52n) + 77n, true);
  bytes.set(new TextEncoder().encode('cat'), RwVerdict.comm);
  bytes.set(address, RwVerdict.address);
  detail.forEach((value, index) => {
    view.setBigUint64(RwVerdict.detail + 8 * index, value, true);
  });
  bytes.set(text, RwVerdict.size);
  return bytes;
}

const { RW_SECTION_PROCESS, RW_SECTION_FILE, RW_SECTION_NETWORK, RW_SECTION_CAPABILITIES, RW_SECTION_SURFACE, RW_SECTION_PRIVILEGE } = RwSection; // biome-ignore format: names
const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 9];

describe('a verdict of the kernel', () => {
  it.each<[string, Fields, object]>([
    ['a program', { section: RW_SECTION_PROCESS, operation: 1024, path: '/bin/nc' }, { section: 'process', operation: 'start', object: '/bin/nc' }],
    ['a file', { section: RW_SECTION_FILE, operation: 8, path: '/etc/ä' }, { section: 'file', operation: 'delete', object: '/etc/ä' }],
    ['a connection', { section: RW_SECTION_NETWORK, operation: 1, address: mapped, detail: [443n, 1n, 1n] }, { section: 'network', operation: 'connect', object: '10.0.0.9:443', traffic: { remote: '10.0.0.9', port: 443, protocol: 'tcp' } }],
    ['a socket', { section: RW_SECTION_NETWORK, operation: 8, detail: [0n, 16n, 0n] }, { section: 'network', operation: 'create', object: 'packet' }],
    ['a Unix socket', { section: RW_SECTION_NETWORK, operation: 1, path: '/run/x.sock\0\0' }, { operation: 'connect', object: '/run/x.sock' }],
    ['an abstract Unix socket', { section: RW_SECTION_NETWORK, operation: 1, path: '\0bus\0' }, { operation: 'connect', object: '@bus' }],
    ['what is sent beyond a limit', { section: RW_SECTION_NETWORK, operation: 32, flags: RwVerdictFlag.RW_V_LIMIT }, { operation: 'send', object: '', limit: true }],
    ['a capability', { section: RW_SECTION_CAPABILITIES, operation: 21 }, { section: 'capabilities', operation: 'SYS_ADMIN', object: '' }],
    ['a handle of the kernel', { section: RW_SECTION_SURFACE, operation: 1 }, { section: 'kernelSurface', operation: 'bpf' }],
    ['a privilege', { section: RW_SECTION_PRIVILEGE, operation: 0 }, { section: 'privilege', operation: 'setuid-execution' }],
  ])('is decoded: %s', (_, fields, expected) => {
    expect(decodeVerdict(record(fields))).toMatchObject({ ...expected, outcome: 'denied', mechanism: 'lsm', comm: 'cat', cgroup: 2 ** 52 + 77 });
  }); // biome-ignore format: a table

  it('says how it came about', () => {
    const flags = RwVerdictFlag.RW_V_UNRESOLVED | RwVerdictFlag.RW_V_MOVED;
    const fields = { section: RW_SECTION_FILE, operation: 1, flags };
    expect(decodeVerdict(record(fields))).toMatchObject({ unresolved: true, moved: true, otherName: false });
  });

  it.each([
    ['shorter than one', new Uint8Array(RwVerdict.size - 1)],
    ['of a section nobody knows', record({ section: 99, operation: 0 })],
    ['without an outcome', new Uint8Array(RwVerdict.size)],
  ])('is none: %s', (_, bytes) => {
    expect(decodeVerdict(bytes)).toBeUndefined();
  });

  it('that claims a longer path than it has ends where the record does', () => {
    const bytes = record({ section: RW_SECTION_FILE, operation: 1, path: '/x' });
    new DataView(bytes.buffer).setUint16(RwVerdict.path_len, 4000, true);
    expect(decodeVerdict(bytes)?.object).toBe('/x');
  });
});
