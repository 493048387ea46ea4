import { SECTIONS } from '@runward/policy';
import type { SectionAbility } from '../ability.js';
import { PROGRAMS, SECTION_WAYS } from './programs.js';

/** What became of loading a program; no problem: it is attached. */
export type ProgramProblems = ReadonlyMap<string, string>;

/** What tells for whom a packet from elsewhere is, and what judges it. */
const INGRESS = ['rw_socket_made', 'rw_packet_in'];

const missingOf = (name: string): string => PROGRAMS.find((p) => p.name === name)?.missing ?? name;

/** What the attached programs enforce of each section, and by what. */
export function sectionAbilities(
  problems: ProgramProblems,
  noWay: Readonly<Record<string, string>> = NO_WAY,
): readonly SectionAbility[] {
  return SECTIONS.map((section) => {
    const ways = SECTION_WAYS[section];
    const there = ways.filter(({ needs }) => needs.every((name) => !problems.has(name)));
    const way = there.find(({ handles }) => handles === undefined);
    if (way === undefined) {
      const part = there.find(({ handles }) => handles !== undefined);
      const why = ways[0]?.needs.map((name) => problems.get(name)).find((text) => text !== undefined);
      return {
        section,
        mechanism: undefined,
        problem: why ?? noWay[section] ?? 'no program enforces it',
        ...(part?.handles === undefined
          ? { limits: [] }
          : { partly: { mechanism: part.mechanism, handles: part.handles }, limits: part.limits }),
      };
    }
    const without = (way.uses ?? [])
      .filter((name) => problems.has(name))
      .map((name) => `${missingOf(name)}: not seen`);
    const noIngress =
      section === 'network' ? INGRESS.map((name) => problems.get(name)).find(Boolean) : undefined;
    return {
      ...{ section, mechanism: way.mechanism, problem: '', limits: [...way.limits, ...without] },
      ...(noIngress === undefined ? {} : { noIngress }),
    };
  });
}

const NO_WAY: Readonly<Record<string, string>> = {
  syscalls: 'system calls are filtered by seccomp, which is set when a container is created',
};
