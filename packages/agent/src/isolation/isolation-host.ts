import { existsSync, mkdirSync } from 'node:fs';
import type { Isolated } from '@runward/enforce/isolation';
import type { Decision } from '@runward/state';
import type { Identity, IdentityRequest } from '@runward/tracker';
import type { Route } from '../control/router.js';
import { pinFolderOf } from '../enforcement/pin-folder.js';
import type { IsolationService } from './isolation-service.js';
import { isolationRoutes } from './routes.js';

/** Where the isolation of a state folder's agent is pinned: beside its enforcement, and apart from it. */
export const isolationFolderOf = (state: string): string => `${pinFolderOf(state)}-isolation`;

export interface IsolationHostOptions {
  /** Where decisions are kept. */
  readonly state: string;
  /** build/bpf/isolate.bpf.o */
  readonly objectPath: string;
  readonly pinFolder: string;
  readonly identify: (request: IdentityRequest) => Promise<Identity>;
  readonly say: (message: string) => void;
  /** Told of everything that was isolated or released. */
  readonly onDecision?: (decision: Decision) => void;
}

/** Isolation in an agent. Nothing of what it needs is loaded before something is, or was, isolated. */
export class IsolationHost {
  readonly #options: IsolationHostOptions;
  #loading: Promise<IsolationService> | undefined;
  #loaded: IsolationService | undefined;

  constructor(options: IsolationHostOptions) {
    this.#options = options;
  }

  /** Goes on with what an earlier agent isolated. Never rejects. */
  async start(): Promise<void> {
    if (!existsSync(this.#options.pinFolder)) return;
    try {
      const service = await this.#load();
      const { isolated } = service.status();
      for (const { name, id } of isolated) this.#options.say(`${name || id} stays isolated`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.say(`isolation cannot be looked after: ${why}; what is cut off stays so`);
    }
  }

  get routes(): readonly Route[] {
    return isolationRoutes(() => this.#load());
  }

  /** For what isolates by itself. */
  service(): Promise<IsolationService> {
    return this.#load();
  }

  /** What is isolated, where anything was since the start. */
  get isolated(): readonly { readonly id: string }[] {
    return this.#loaded?.status().isolated ?? [];
  }

  /** Of one container: since when, what was stopped; undefined while it is not isolated. */
  standingOf(container: string): Isolated | undefined {
    return this.#loaded?.status().isolated.find(({ id }) => id === container);
  }

  /** For `GET /v1/status`. */
  get summary(): unknown {
    return this.#loaded?.summary ?? { isolated: 0, problem: '' };
  }

  #load(): Promise<IsolationService> {
    this.#loading ??= this.#open().catch((error: unknown) => {
      this.#loading = undefined; // the next who asks may find it mended
      throw error;
    });
    return this.#loading;
  }

  async #open(): Promise<IsolationService> {
    const [
      { IsolationService },
      { Isolation, isolationLimits },
      { PolicyStore },
      { HostGroups },
      { runningTargets },
    ] = await Promise.all([
      import('./isolation-service.js'),
      import('@runward/enforce/isolation'),
      import('@runward/state'),
      import('../enforcement/host-groups.js'),
      import('./targets.js'),
    ]);
    const { objectPath, pinFolder, state, identify, say, onDecision } = this.#options;
    const { decisions } = new PolicyStore(state);
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const groups = new HostGroups();
    const service = new IsolationService({
      kernel: new Isolation({ objectPath, pinFolder }),
      targets: () => runningTargets(groups, identify),
      limits: isolationLimits,
      decisions: {
        append: (decision) => {
          decisions.append(decision);
          onDecision?.(decision);
        },
      },
      say,
    });
    this.#loaded = service;
    return service;
  }

  /** What is isolated stays isolated. */
  async close(): Promise<void> {
    (await this.#loading?.catch(() => undefined))?.close();
  }
}
