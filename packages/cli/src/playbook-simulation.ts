import type { Verdict } from '@runward/respond/playbooks';
import { table, visible } from './terminal.js';

/** What playbooks made of a history, added up. */
export class Simulation {
  detections = 0;
  readonly #counts = new Map<string, Record<Verdict['outcome'], number> & { containers: Set<string> }>();

  take({ playbook, outcome, finding }: Verdict): void {
    const none = { act: 0, ask: 0, 'dry-run': 0, held: 0, breaker: 0, containers: new Set<string>() };
    const counts = this.#counts.get(playbook.name) ?? none;
    counts[outcome] += 1;
    if (outcome === 'act' || outcome === 'ask') counts.containers.add(finding.container.id);
    this.#counts.set(playbook.name, counts);
  }

  get summary(): object {
    const playbooks = [...this.#counts].map(([name, { act, ask, held, breaker, containers }]) => ({
      ...{ name, acted: act, asked: ask, held, breaker, containers: containers.size },
    }));
    return { detections: this.detections, playbooks };
  }

  get text(): string {
    const head = ['PLAYBOOK', 'ACTED', 'ASKED', 'CONTAINERS', 'HELD', 'BREAKER'];
    const rows = [...this.#counts].map(([name, { act, ask, held, breaker, containers }]) => [
      visible(name),
      ...[act, ask, containers.size, held, breaker].map(String),
    ]);
    const found = `${this.detections} detections`;
    return rows.length === 0
      ? `${found}; no playbook would have done anything`
      : `${found}\n${table([head, ...rows])}`;
  }
}

export function simulationRow({ playbook, finding, outcome, why }: Verdict): object {
  const { id, name } = finding.container;
  return {
    time: new Date(finding.timeMs).toISOString(),
    ...{
      playbook: playbook.name,
      outcome,
      why,
      rule: finding.rule,
      container: { id, name },
      pid: finding.pid,
    },
    actions: outcome === 'act' || outcome === 'ask' ? playbook.actions : [],
  };
}

export function simulationText({ playbook, finding, outcome, why }: Verdict): string {
  const { id, name } = finding.container;
  const words = {
    act: 'does',
    ask: 'asks for',
    'dry-run': 'would do',
    held: 'holds back',
    breaker: 'stops',
  } as const;
  const actions = playbook.actions.map(({ action }) => action).join(', ');
  const because = why === '' ? '' : `: ${why}`;
  const time = new Date(finding.timeMs).toISOString();
  return visible(
    `${time} ${playbook.name} ${words[outcome]} ${actions} (${name || id}, ${finding.rule})${because}`,
  );
}
