import { type AllowedNetwork, allowedNetwork } from '@runward/enforce/isolation';
import { type Asker, type Hands, invalidOrder, type RestartEngine } from '@runward/respond';
import type { ResponseSettings } from '@runward/respond/settings';
import type { Who } from '@runward/state';
import type { CaptureService } from '../capture/capture-service.js';
import { ControlError } from '../control/error.js';
import type { IsolationService } from '../isolation/isolation-service.js';

export interface HandsOptions {
  readonly isolation: () => Promise<IsolationService>;
  readonly engines: readonly RestartEngine[];
  readonly snapshotFolder: string;
  readonly settings: ResponseSettings;
  readonly scriptFolder: string;
  /** undefined: there is nothing that captures. */
  readonly captures: () => Promise<CaptureService> | undefined;
}

/** What responses use of this agent. */
export const isolatingHands = ({ isolation, captures, ...others }: HandsOptions): Hands => ({
  ...others,
  capture: async (id, why, by) => {
    const service = await captures();
    if (service === undefined) return 'nobody';
    const order = { container: id, why, memory: [], memoryBytes: undefined };
    const [report] = await service.capture(order, whoOf(by)).catch((error: unknown) => {
      if (error instanceof ControlError && error.code === 'CONTROL_NOT_FOUND') return [];
      throw error;
    });
    if (report === undefined) return 'gone';
    const { folder, problems, processes, foreign, changes } = report;
    return { folder, problems, processes, foreign, changes };
  },
  isolate: async (id, { allow, forMs }, by) => {
    const networks = allow.map(networkOf);
    const service = await isolation();
    const { containers, notCut, ...facts } = await service.isolate(
      { container: id, allow: networks, forMs },
      whoOf(by),
    );
    const was = containers.some((each) => each.was);
    return { was, facts: { ...facts, containers }, notCut };
  },
  release: async (id, by) => {
    try {
      const { released } = await (await isolation()).release(id, whoOf(by));
      return released.length > 0;
    } catch (error) {
      if (error instanceof ControlError && error.code === 'CONTROL_NOT_FOUND') return false;
      throw error;
    }
  },
});

function networkOf(text: string): AllowedNetwork {
  const network = allowedNetwork(text);
  if (network !== undefined) return network;
  throw invalidOrder(
    `\`${text}\` is no network`,
    'write an address or a network: `192.0.2.7`, `10.0.0.0/8`, `fd00::/64`',
  );
}

/** As decisions name it. */
const whoOf = (by: Asker): Who =>
  by.kind === 'person'
    ? (by.who as Who) // made by `whoIs` where the request came in
    : { uid: 0, user: '', program: `playbook ${by.playbook}` };
