import type { ProgramState } from '@runward/sensor';

/** What a program gives, without the kernels it is for. */
const ability = (state: ProgramState): string => state.program.gives.split(' (')[0] ?? '';

/** Abilities for which no program is attached: programs made for different kernels stand in for each other. */
export function missingAbilities(
  states: readonly ProgramState[],
): { readonly gives: string; readonly problem: string }[] {
  const present = new Set(states.filter((s) => s.attached).map(ability));
  const missing = new Map<string, string>();
  for (const state of states) if (!present.has(ability(state))) missing.set(ability(state), state.problem);
  return [...missing].map(([gives, problem]) => ({ gives, problem }));
}

export const hasTwin = (state: ProgramState, states: readonly ProgramState[]): boolean =>
  states.some((s) => s.attached && ability(s) === ability(state));
