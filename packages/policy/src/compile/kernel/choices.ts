import { CAPABILITIES } from '@runward/events';
import type { EffectiveLine, EffectivePolicy, EffectiveSection, Setting } from '../../decide/effective.js';
import { FILE_OPERATIONS, KERNEL_SURFACE, type SectionName } from '../../model/policy.js';
import {
  FILE_OPERATION_BITS,
  type KernelChoice,
  type KernelSection,
  NO_CHOICE,
  START_OPERATION,
} from './tables.js';

/** What the first of these lines says, in each evaluation. */
function choose(lines: readonly EffectiveLine[]): KernelChoice {
  const watched = lines[0];
  const enforced = lines.find(({ mode }) => mode === 'protect');
  if (watched === undefined) return NO_CHOICE;
  return {
    deniedEnforced: enforced?.verdict === 'deny',
    deniedWatched: watched.verdict === 'deny',
    enforcedLine: enforced?.id ?? 0,
    watchedLine: watched.id,
  };
}

const linesOf = (effective: EffectivePolicy, section: SectionName): readonly EffectiveLine[] =>
  effective.sections.get(section)?.lines ?? [];
const isDefault = ({ terms }: EffectiveLine): boolean => terms.kind === 'default';

export const settingChoice = (
  effective: EffectivePolicy,
  section: SectionName,
  setting: Setting,
): KernelChoice =>
  choose(
    linesOf(effective, section).filter(({ terms }) => terms.kind === 'setting' && terms.setting === setting),
  );

function nameChoices(
  effective: EffectivePolicy,
  section: SectionName,
  names: readonly string[],
): KernelChoice[] {
  const lines = linesOf(effective, section);
  return names.map((name) =>
    choose(lines.filter(({ terms }) => terms.kind === 'default' || (terms.kind === 'name' && terms.line.name === name))),
  ); // biome-ignore format: one condition
}

export const capabilityChoices = (effective: EffectivePolicy): KernelChoice[] =>
  nameChoices(
    effective,
    'capabilities',
    CAPABILITIES.map((name) => name.replace(/^CAP_/, '')),
  );
export const surfaceChoices = (effective: EffectivePolicy): KernelChoice[] =>
  nameChoices(effective, 'kernelSurface', KERNEL_SURFACE);

/** Bits of the operations a line is about. */
export function operationsOf({ terms }: EffectiveLine): number {
  if (terms.kind === 'process') return START_OPERATION;
  if (terms.kind !== 'file') return 0;
  return terms.line.operations.reduce((bits, name) => bits | (1 << FILE_OPERATIONS.indexOf(name)), 0);
}

function deniable(section: SectionName, { lines }: EffectiveSection): number {
  const denials = lines.filter(({ verdict }) => verdict === 'deny');
  if (section !== 'file' && section !== 'process') return denials.length > 0 ? 1 : 0;
  const all = section === 'file' ? FILE_OPERATION_BITS : START_OPERATION;
  return denials.reduce((bits, line) => bits | (isDefault(line) ? all : operationsOf(line)), 0);
}

export const kernelSection = (name: SectionName, section: EffectiveSection): KernelSection => ({
  enforced: section.enforced,
  failClosed: section.enforced && section.onFailure === 'closed',
  kill: section.response === 'kill',
  deniable: deniable(name, section),
  fallback: choose(section.lines.filter(isDefault)),
});
