import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Who } from '@runward/state';
import type { Identity, IdentityRequest } from '@runward/tracker';
import { ControlError } from '../control/error.js';
import { HostGroups } from '../enforcement/host-groups.js';
import { chooseTargets, runningTargets } from '../isolation/targets.js';
import { type CaptureReport, captureContainer } from './capture.js';
import { CAPTURE_LIMITS } from './limits.js';
import { pidsIn } from './members.js';

export interface CaptureServiceOptions {
  /** The state folder; captures lie in `captures/` of it. */
  readonly state: string;
  readonly identify: (request: IdentityRequest) => Promise<Identity>;
  /** Of one container: who it talks to, by its groups and id. */
  readonly network: (container: string, cgroups: readonly number[]) => Promise<unknown>;
  readonly isolation: (container: string) => unknown;
  readonly recordings: string | undefined;
  /** Told of each capture that an operator asked for; those of responses are on record as such. */
  readonly record?: (report: CaptureReport, who: Who, why: string) => void;
}

export interface CaptureOrder {
  readonly container: string;
  readonly why: string;
  readonly memory: readonly number[];
  readonly memoryBytes: number | undefined;
}

const FOLDER = 'captures';
/** Nobody removes captures but people: beyond this there are no more. */
const MOST = 200;

/** Captures as operators, and responses, ask; one at a time, since each reads much. */
export class CaptureService {
  readonly #options: CaptureServiceOptions;
  readonly #groups = new HostGroups();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CaptureServiceOptions) {
    this.#options = options;
  }

  get folder(): string {
    return join(this.#options.state, FOLDER);
  }

  /** As an operator asks: each is on record. @throws as {@link capture} */
  ask(order: CaptureOrder, who: Who): Promise<readonly CaptureReport[]> {
    return this.capture(order, who, (report) => this.#options.record?.(report, who, order.why));
  }

  /** Of a container, or of each of a pod's. @throws ControlError CONTROL_NOT_FOUND, CONTROL_CONFLICT */
  capture(
    order: CaptureOrder,
    who: Who,
    onEach: (report: CaptureReport) => void = () => undefined,
  ): Promise<readonly CaptureReport[]> {
    const done = this.#turn.then(() => this.#capture(order, who, onEach));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #capture(
    order: CaptureOrder,
    who: Who,
    onEach: (report: CaptureReport) => void,
  ): Promise<readonly CaptureReport[]> {
    const { identify, network, isolation, recordings } = this.#options;
    const targets = chooseTargets(await runningTargets(this.#groups, identify), order.container);
    await this.#checkRoom(targets.length);
    const reports: CaptureReport[] = [];
    for (const { info, cgroups } of targets) {
      const folder = join(this.folder, folderName(info.id, new Date()));
      const report = await captureContainer(
        {
          ...{ container: info, cgroups, folder, why: order.why, who, memory: order.memory },
          memoryBytes: order.memoryBytes ?? CAPTURE_LIMITS.memory,
        },
        {
          pids: () => pidsIn(this.#groups, new Set(cgroups)),
          network: () => network(info.id, cgroups),
          isolation: () => isolation(info.id),
          recordings,
        },
      );
      onEach(report);
      reports.push(report);
    }
    return reports;
  }

  async #checkRoom(wanted: number): Promise<void> {
    const kept = await readdir(this.folder).catch((): readonly string[] => []);
    if (kept.length + wanted <= MOST) return;
    throw new ControlError(
      'CONTROL_CONFLICT',
      `there are ${kept.length} captures in \`${this.folder}\`; the limit is ${MOST}`,
      {
        help: 'move those away that are kept elsewhere: nothing removes them by itself',
      },
    );
  }
}

/** By container and time: `web-5d9c7b8f4d-20261130T104501123Z` */
const folderName = (id: string, at: Date): string =>
  `${id.slice(0, 64).replace(/[^A-Za-z0-9_-]/g, '_')}-${at.toISOString().replace(/[-:.]/g, '')}`;
