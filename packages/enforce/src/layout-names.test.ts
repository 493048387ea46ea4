import {
  FILE_OPERATIONS,
  KERNEL_SURFACE,
  NETWORK_FAMILIES,
  NETWORK_OPERATIONS,
  NETWORK_PROTOCOLS,
  PRIVILEGES,
  SECTIONS,
} from '@runward/policy';
import { describe, expect, it } from 'vitest';
import {
  RwHandle,
  RwNetworkFamily,
  RwNetworkOperation,
  RwNetworkProtocol,
  RwOperation,
  RwPrivilege,
  RwSection,
} from './layout.generated.js';

const values = (table: Readonly<Record<string, number>>): readonly number[] =>
  Object.entries(table)
    .filter(([name]) => !name.endsWith('_COUNT'))
    .map(([, value]) => value);
const indexes = (names: readonly string[]): readonly number[] => names.map((_, index) => index);
const bits = (names: readonly string[]): readonly number[] => names.map((_, index) => 1 << index);

describe('numbers the kernel reports', () => {
  it.each([
    ['network operations', RwNetworkOperation, bits(NETWORK_OPERATIONS)],
    ['network families', RwNetworkFamily, bits(NETWORK_FAMILIES)],
    ['network protocols', RwNetworkProtocol, bits(NETWORK_PROTOCOLS)],
    ['sections', RwSection, indexes(SECTIONS)],
    ['privileges', RwPrivilege, indexes(PRIVILEGES)],
  ])('are those of the names policies have: %s', (_, table, expected) => {
    expect(values(table)).toEqual(expected);
  });

  it('name each operation on files, and each handle, as policies do', () => {
    const named = (table: Readonly<Record<string, number>>, prefix: string) =>
      Object.entries(table)
        .filter(([name]) => !name.endsWith('_COUNT'))
        .map(([name, value]) => [name.slice(prefix.length).toLowerCase().replaceAll('_', '-'), value]);
    expect(named(RwHandle, 'RW_HANDLE_')).toEqual(KERNEL_SURFACE.map((name, index) => [name, index]));
    expect(named(RwOperation, 'RW_OP_')).toEqual([
      ...FILE_OPERATIONS.map((name, index) => [name, 1 << index]),
      ['start', 1 << FILE_OPERATIONS.length],
    ]);
  });
});
