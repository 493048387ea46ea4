import type { SectionAbility } from '@runward/enforce';
import type { EffectiveLine, SectionName, Workload } from '@runward/policy';
import type { KnownContainer } from './known-containers.js';
import { lineText } from './line-text.js';
import type { SetReport } from './loaded-sets.js';
import type { EnforcementService } from './service.js';
import type { ServiceState } from './service-options.js';
import { type SectionStanding, standingsOf } from './standing.js';

/** `GET /v1/enforcement` */
export interface EnforcementReport {
  readonly state: ServiceState['kind'];
  /** Why nothing is enforced; '' while it is. */
  readonly problem: string;
  readonly abilities: readonly SectionAbility[];
  readonly sets: readonly SetReport[];
  /** Of the sets this agent loaded, in the kernel. */
  readonly bytes: number;
  /** Verdicts that were not told because the ring was full, by section. */
  readonly dropped: Readonly<Partial<Record<SectionName, number>>>;
  readonly containers: number;
}

/** `asked`: have the abilities of the kernel found out, where that was not needed so far. */
export async function statusReport(service: EnforcementService, asked: boolean): Promise<EnforcementReport> {
  if (asked && service.abilities.length === 0) {
    await service.means();
    await service.rest();
  }
  const { state, abilities } = service;
  const sets = service.sets();
  return {
    state: state.kind,
    problem: 'problem' in state ? state.problem : '',
    abilities,
    sets,
    bytes: sets.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    dropped: Object.fromEntries(service.dropped()),
    containers: service.containers.all.filter(({ effectiveId }) => effectiveId !== undefined).length,
  };
}

/** One of `GET /v1/enforcement/containers`. */
export interface ContainerStanding {
  readonly container: Workload & { readonly id: string };
  /** That select it; empty when none does. */
  readonly policies: readonly string[];
  /** creation: before its first program; met: when it was met. */
  readonly boundAt: KnownContainer['origin'];
  /** Wall clock, milliseconds; 0: it is not. */
  readonly boundAtMs: number;
  /** Its runtime says who it is. */
  readonly identified: boolean;
  readonly cgroups: readonly number[];
  readonly problem: string;
  readonly sections: readonly SectionStanding[];
}

/** With `policy` those it selects, else all. */
export function containerReports(
  service: EnforcementService,
  known: readonly KnownContainer[],
  policy: string | undefined,
): readonly ContainerStanding[] {
  return known.flatMap((each): readonly ContainerStanding[] => {
    const effective = service.effectiveFor(each.workload);
    const policies = effective?.policies.map(({ name }) => name) ?? [];
    if (policy !== undefined && !policies.includes(policy)) return [];
    const { id, workload, origin, boundAtMs, identified, cgroups, problem } = each;
    const why = problem || (each.effectiveId === effective?.id ? '' : notBound(service.state));
    const sections = effective === undefined ? [] : standingsOf(effective, service.abilities, each.hold, why);
    const { name, image, imageRepository, imageDigest, runtime, labels, pod } = workload;
    const container = { id, name, image, imageRepository, imageDigest, runtime, labels, pod };
    return [{ container, policies, boundAt: origin, boundAtMs, identified, cgroups, problem, sections }];
  });
}

const notBound = (state: ServiceState): string =>
  'problem' in state ? state.problem : 'it is not bound yet';

/** One of `GET /v1/enforcement/lines`: a line that decided something. */
export interface LineReport {
  readonly policy: string;
  readonly section: SectionName;
  readonly file: string;
  readonly line: number;
  readonly verdict: EffectiveLine['verdict'];
  readonly mode: EffectiveLine['mode'];
  /** The line in short. */
  readonly text: string;
  readonly comment: string;
  readonly hits: number;
  /** Wall clock, milliseconds. */
  readonly lastMs: number;
}

export function lineReports(service: EnforcementService, policy: string | undefined): readonly LineReport[] {
  return service
    .hits()
    .filter(({ hits, line }) => hits > 0 && (policy === undefined || line.policy === policy))
    .map(({ line, hits, lastMs }) => ({
      ...{ policy: line.policy, section: line.section, file: line.span.file, line: line.span.line },
      ...{
        verdict: line.verdict,
        mode: line.mode,
        text: lineText(line),
        comment: line.comment,
        hits,
        lastMs,
      },
    }))
    .sort((a, b) => b.hits - a.hits || b.lastMs - a.lastMs);
}
