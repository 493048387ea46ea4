import { type KernelChoice, type KernelLimit, type KernelTables, SECTIONS } from '@runward/policy';
import {
  RwChoice,
  RwEvaluation,
  RwLimit,
  RwSectionFlag,
  RwSectionRules,
  RwSet,
} from '../layout.generated.js';
import { StructWriter } from './writer.js';

/** `RW_MAX_NAMES` of bpf/include/policy.h. */
const MAX_NAMES = (RwSet.surface - RwSet.capabilities) / RwChoice.size;

function writeChoice(w: StructWriter, at: number, choice: KernelChoice): void {
  const denied =
    (choice.deniedEnforced ? RwEvaluation.RW_ENFORCED : 0) |
    (choice.deniedWatched ? RwEvaluation.RW_WATCHED : 0);
  w.u32(at + RwChoice.denied, denied);
  w.u32(at + RwChoice.enforced_line, choice.enforcedLine);
  w.u32(at + RwChoice.watched_line, choice.watchedLine);
}

function writeSections(w: StructWriter, tables: KernelTables): void {
  SECTIONS.forEach((name, index) => {
    const section = tables.sections.get(name);
    if (section === undefined) return;
    const at = RwSet.sections + index * RwSectionRules.size;
    const denies = tables.lines.some(
      (line) => line.section === name && line.verdict === 'deny' && line.terms.kind !== 'default',
    );
    w.u32(
      at + RwSectionRules.flags,
      (section.failClosed ? RwSectionFlag.RW_SECTION_FAIL_CLOSED : 0) |
        (section.kill ? RwSectionFlag.RW_SECTION_KILL : 0) |
        (section.enforced ? RwSectionFlag.RW_SECTION_ENFORCED : 0) |
        (denies ? RwSectionFlag.RW_SECTION_DENY_LINES : 0),
    );
    w.u32(at + RwSectionRules.deniable, section.deniable);
    writeChoice(w, at + RwSectionRules.fallback, section.fallback);
  });
}

function writeChoices(w: StructWriter, at: number, choices: readonly KernelChoice[]): void {
  if (choices.length > MAX_NAMES) throw new RangeError(`more than ${MAX_NAMES} names`);
  choices.forEach((choice, index) => {
    writeChoice(w, at + index * RwChoice.size, choice);
  });
}

function writeLimits(w: StructWriter, limits: readonly KernelLimit[]): void {
  let limited = 0;
  limits.forEach(({ perSecond, line }, index) => {
    const at = RwSet.limits + index * RwLimit.size;
    w.u64(at + RwLimit.per_second, BigInt(perSecond));
    w.u32(at + RwLimit.line, line);
    if (perSecond > 0) limited |= 1 << (index >> 1);
  });
  w.u32(RwSet.limited, limited);
}

/** `struct rw_set`. */
export function encodeSet(id: number, tables: KernelTables): Uint8Array<ArrayBuffer> {
  const w = new StructWriter(RwSet.size);
  w.set(RwSet.policy, policyBytes(tables.id));
  w.u32(RwSet.id, id);
  w.u32(RwSet.line_count, tables.lines.length);
  w.u64(RwSet.class_hash, tables.classHash);
  w.u32(RwSet.path_start, tables.automaton.pathStart);
  w.u32(RwSet.args_start, tables.automaton.argumentsStart);
  w.u32(RwSet.digest_used, tables.rules.some(({ sha256 }) => sha256 !== '') ? 1 : 0);
  w.u32(RwSet.network_ranges, tables.network.ranges.length);
  w.u32(RwSet.network_create_row, tables.network.createRow);
  writeSections(w, tables);
  writeLimits(w, tables.limits);
  writeChoice(w, RwSet.drift, tables.drift);
  writeChoice(w, RwSet.fileless, tables.fileless);
  writeChoice(w, RwSet.no_new_privileges, tables.newPrivileges);
  writeChoice(w, RwSet.setuid_execution, tables.setuidExecution);
  writeChoice(w, RwSet.read_only_root, tables.rootWrite);
  writeChoices(w, RwSet.capabilities, tables.capabilities);
  writeChoices(w, RwSet.surface, tables.surface);
  w.set(RwSet.byte_class, tables.automaton.byteClass);
  return w.bytes;
}

/** An effective policy's id as the kernel keeps it: it is a hex digest. */
export function policyBytes(id: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(id)) throw new RangeError(`\`${id}\` is no id of an effective policy`);
  return Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(id.slice(2 * at, 2 * at + 2), 16));
}

export const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
