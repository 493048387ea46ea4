import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient } from '@runward/agent/control-client';
import type { ContainerStanding } from '@runward/agent/policies';
import type { Posture, ScenarioResult } from '@runward/drill';

/** What was just detected may still be on its way to the disk. */
const WRITTEN_WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 250;

interface EvidenceSummary {
  readonly folder?: string;
  readonly dropped?: number;
}

/** What policies protect, and whether what was detected is on record, as the running agent has it. */
export async function postureOf(
  client: ControlClient,
  results: readonly ScenarioResult[],
  startedAt: string,
): Promise<Posture> {
  // The agent's own routes.
  const { containers } = (await client.ask('GET', '/v1/enforcement/containers')) as {
    readonly containers: readonly ContainerStanding[];
  };
  const summary = (await client.ask('GET', '/v1/evidence')) as EvidenceSummary;
  const own = new Set(results.map(({ container }) => container));
  const workloads = containers.filter(({ container }) => !own.has(container.id));
  const sections: Record<string, number> = {};
  for (const { mode } of workloads.flatMap((each) => each.sections))
    sections[mode] = (sections[mode] ?? 0) + 1;
  return {
    containers: workloads.length,
    protectedContainers: workloads.filter(isProtected).length,
    sections,
    evidence: await evidenceOf(summary, results, startedAt),
  };
}

const isProtected = ({ sections }: ContainerStanding): boolean =>
  sections.some(({ mode, mechanism }) => mode === 'protect' && mechanism !== '');

/** Counted in the log itself: what the agent says of it would prove nothing. */
async function evidenceOf(
  { folder, dropped = 0 }: EvidenceSummary,
  results: readonly ScenarioResult[],
  startedAt: string,
): Promise<Posture['evidence']> {
  if (folder === undefined) return undefined;
  const detected = new Set(
    results.flatMap(({ outcome, container }) => (outcome === 'detected' ? [container] : [])),
  );
  const { FolderDisk, readRecords } = await import('@runward/evidence');
  const recorded = new Set<string>();
  const untilMs = performance.now() + WRITTEN_WITHIN_MS;
  do {
    for await (const { record } of readRecords(new FolderDisk(folder), { sinceMs: Date.parse(startedAt) })) {
      const { container } = record.body;
      if (record.kind !== 'detection' || typeof container !== 'object' || container === null) continue;
      if ('id' in container && typeof container.id === 'string' && detected.has(container.id))
        recorded.add(container.id);
    }
    if (recorded.size < detected.size) await sleep(LOOK_AGAIN_MS);
  } while (recorded.size < detected.size && performance.now() < untilMs);
  return { recorded: recorded.size, of: detected.size, dropped };
}
