import type { ContainerInfo } from '@runward/events';
import type { Identity, IdentityRequest } from '@runward/tracker';
import { ControlError } from '../control/error.js';

/** A container that runs, with every group its processes can be in. */
export interface Target {
  readonly info: ContainerInfo;
  readonly cgroups: readonly number[];
}

/** What of the machine's groups is asked. */
export interface TargetGroups {
  below(path: string): readonly number[];
  running(): readonly IdentityRequest[];
}

/** Of an id that is cut short. */
const SHORTEST_ID = 4;
const MOST_NAMED = 20;

/** The containers that run, each once. */
export async function runningTargets(
  groups: TargetGroups,
  identify: (request: IdentityRequest) => Promise<Identity>,
): Promise<readonly Target[]> {
  const found = new Map<string, Target>();
  await Promise.all(
    groups.running().map(async (request) => {
      const identity = await identify(request);
      if (identity.kind !== 'container') return;
      const { info } = identity;
      const cgroups = [
        request.cgroup,
        ...groups.below(request.cgroupPath),
        ...(found.get(info.id)?.cgroups ?? []),
      ];
      found.set(info.id, { info, cgroups: [...new Set(cgroups)] });
    }),
  );
  return [...found.values()];
}

/**
 * The container of that name or id, or the containers of the pod `NAME` or `NAMESPACE/NAME`.
 *
 * @throws ControlError CONTROL_NOT_FOUND, CONTROL_CONFLICT when several are meant that are not one pod
 */
export function chooseTargets(targets: readonly Target[], name: string): readonly Target[] {
  const byContainer = targets.filter(({ info }) => info.id === name || info.name === name);
  const byPod = targets.filter(({ info }) => isPod(info, name));
  const byPrefix = name.length < SHORTEST_ID ? [] : targets.filter(({ info }) => info.id.startsWith(name));
  const chosen = [byContainer, byPod, byPrefix].find((found) => found.length > 0) ?? [];
  if (chosen.length === 0)
    throw new ControlError('CONTROL_NOT_FOUND', `no container or pod \`${name}\` runs here`, {
      help: helpWith(targets),
    });
  const kinds = new Set(chosen.map(({ info }) => (chosen === byPod ? podKey(info) : info.id)));
  if (kinds.size > 1)
    throw new ControlError(
      'CONTROL_CONFLICT',
      `\`${name}\` is the name of ${kinds.size} ${chosen === byPod ? 'pods' : 'containers'}`,
      {
        help: `name one: ${[...kinds].slice(0, MOST_NAMED).join(', ')}`,
      },
    );
  return chosen;
}

const podKey = ({ pod }: ContainerInfo): string => `${pod?.namespace ?? ''}/${pod?.name ?? ''}`;
const isPod = (info: ContainerInfo, name: string): boolean =>
  info.pod !== undefined && (info.pod.name === name || podKey(info) === name);

function helpWith(targets: readonly Target[]): string {
  const names = targets.map(({ info }) => info.name || info.id).sort();
  if (names.length === 0) return 'no container runs here that this agent can see';
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return `those that run: ${names.slice(0, MOST_NAMED).join(', ')}${more}`;
}
