import { join } from 'node:path';
import { firstProcess } from '@runward/attest';
import type { Detection } from '@runward/detect';
import type { ContainerInfo } from '@runward/events';
import {
  BaselineStore,
  type FileChange,
  IntegrityError,
  type IntegritySettings,
  ScopeCheck,
  signatureOf,
} from '@runward/integrity';
import type { Identity, IdentityRequest } from '@runward/tracker';
import { pidsIn } from '../capture/members.js';
import { HostGroups } from '../enforcement/host-groups.js';
import { runningTargets } from '../isolation/targets.js';
import { describeFileChange } from './describe.js';
import { pathsTouched } from './touch.js';
import { watchesOf } from './watched-containers.js';

export interface IntegrityOptions {
  readonly state: string;
  readonly hostname: string;
  readonly settings: IntegritySettings;
  readonly identify: (request: IdentityRequest) => Promise<Identity>;
  readonly take: (detections: readonly Detection[]) => void;
  readonly say: (message: string) => void;
}

interface Watched {
  readonly check: ScopeCheck;
  readonly container: ContainerInfo | undefined;
}

interface Touched {
  readonly scope: string;
  readonly path: string;
  cause: Detection;
  dueMs: number;
  /** Looked at again after each of these: what was opened is written later. */
  later: readonly number[];
}

const HOST = 'host';
const SETTLE_MS = 3000;
/** After a call was heard of. */
const LOOKS_MS = [150, 1500, 8000];
/** Paths that wait to be looked at; what finds no room is found by the next look at everything. */
const MOST_TOUCHED = 10_000;

/** Watches files: takes baselines, looks when a call is heard of and from time to time, and tells each change once. */
export class IntegrityService {
  readonly #options: IntegrityOptions;
  readonly #store: BaselineStore;
  readonly #groups = new HostGroups();
  readonly #watched = new Map<string, Watched>();
  readonly #touched = new Map<string, Touched>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #pump: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #missed = 0;
  #changes = 0;
  #problem = '';
  #isClosed = false;

  /** @throws IntegrityError INTEGRITY_STORE */
  constructor(options: IntegrityOptions) {
    this.#options = options;
    this.#store = new BaselineStore(join(options.state, 'integrity.db'));
  }

  /** Takes the baselines that are missing, looks what changed while nobody watched, and goes on. */
  start(): void {
    const { watches, secrets, everyMs } = this.#options.settings;
    const ofHost = watches.filter(({ where }) => where === 'host');
    if (ofHost.length > 0)
      this.#watched.set(HOST, {
        check: new ScopeCheck(this.#store, {
          id: HOST,
          name: 'the host',
          root: '/',
          watches: ofHost,
          secrets,
        }),
        container: undefined,
      });
    void this.#inTurn(() => this.#lookAtAll());
    const timer = setInterval(() => void this.#inTurn(() => this.#lookAtAll()), everyMs).unref();
    this.#timers.add(timer);
  }

  get status(): unknown {
    const { everyMs } = this.#options.settings;
    return {
      scopes: this.#store.scopes(),
      everyMs,
      waiting: this.#touched.size,
      missed: this.#missed,
      changes: this.#changes,
      problem: this.#problem,
    };
  }

  met(container: ContainerInfo): void {
    if (this.#watched.has(container.id) || watchesOf(this.#options.settings.watches, container).length === 0)
      return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#inTurn(() => this.#lookAtNew());
    }, SETTLE_MS).unref();
    this.#timers.add(timer);
  }

  /** A container's files go with it. */
  ended(id: string): void {
    if (!this.#watched.delete(id)) return;
    void this.#inTurn(async () => this.#store.remove(id));
  }

  readonly hear = (detection: Detection): void => {
    const scope = detection.container?.id ?? HOST;
    const watched = this.#watched.get(scope);
    if (watched === undefined) return;
    for (const path of pathsTouched(detection)) {
      const key = `${scope}\0${path}`;
      const known = this.#touched.get(key);
      if (known === undefined && this.#touched.size >= MOST_TOUCHED) {
        this.#missed += 1;
        continue;
      }
      const [first = 0, ...later] = LOOKS_MS;
      this.#touched.set(key, { scope, path, cause: detection, dueMs: Date.now() + first, later });
    }
    this.#pumpSoon();
  };

  /** Resolves to what is not as it was, of everything; for who asks. */
  async check(): Promise<readonly { readonly scope: string; readonly changes: readonly FileChange[] }[]> {
    const found: { scope: string; changes: readonly FileChange[] }[] = [];
    await this.#inTurn(async () => {
      for (const [scope, { check }] of this.#watched) found.push({ scope, changes: await check.check() });
    });
    return found;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#pump);
    await this.#turn;
    this.#store.close();
  }

  /** One after the other: the database has one transaction at a time. Never rejects. */
  #inTurn(work: () => Promise<unknown>): Promise<unknown> {
    this.#turn = this.#turn.then(async () => {
      if (this.#isClosed) return;
      try {
        await work();
        this.#problem = '';
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        // A container that ended while it was looked at is no trouble.
        if (error instanceof IntegrityError && error.code === 'INTEGRITY_NO_ROOT') return;
        if (why !== this.#problem) this.#options.say(`watched files are not looked at: ${why}`);
        this.#problem = why;
      }
    });
    return this.#turn;
  }

  async #lookAtAll(): Promise<void> {
    await this.#lookAtNew();
    for (const scope of [...this.#watched.keys()]) await this.#look(scope);
  }

  /** Containers that are watched from now on: their baseline is what they are now, unless one was taken before. */
  async #lookAtNew(): Promise<void> {
    const { settings, identify } = this.#options;
    const host = this.#watched.get(HOST);
    if (host !== undefined && !host.check.hasBaseline) await host.check.takeBaseline();
    if (!settings.watches.some(({ where }) => where === 'containers')) return;
    for (const { info, cgroups } of await runningTargets(this.#groups, identify)) {
      if (this.#watched.has(info.id)) continue;
      const watches = watchesOf(settings.watches, info);
      const pid = watches.length === 0 ? undefined : firstProcess(pidsIn(this.#groups, new Set(cgroups)));
      if (pid === undefined) continue;
      const check = new ScopeCheck(this.#store, {
        ...{
          id: info.id,
          name: info.name || info.id,
          root: `/proc/${pid}/root`,
          watches,
          secrets: settings.secrets,
        },
      });
      if (!check.hasBaseline) await check.takeBaseline();
      this.#watched.set(info.id, { check, container: info });
    }
  }

  async #look(scope: string, touched?: Touched): Promise<void> {
    const watched = this.#watched.get(scope);
    if (watched === undefined) return;
    const number = this.#store.numberOf(scope);
    if (number === undefined) {
      await watched.check.takeBaseline(); // somebody removed it
      return;
    }
    const changes = await watched.check.check(touched === undefined ? {} : { below: touched.path });
    const told = changes.filter((change) => {
      const signature = signatureOf(change);
      if (this.#store.isTold(number, change.path, signature)) return false;
      this.#store.setTold(number, change.path, signature);
      return true;
    });
    this.#changes += told.length;
    if (told.length > 0)
      this.#options.take(
        told.map((change) =>
          describeFileChange(
            { change, container: watched.container, cause: touched?.cause },
            this.#options.hostname,
          ),
        ),
      );
  }

  #pumpSoon(): void {
    if (this.#pump !== undefined || this.#isClosed || this.#touched.size === 0) return;
    const due = Math.min(...[...this.#touched.values()].map(({ dueMs }) => dueMs));
    this.#pump = setTimeout(
      () => {
        this.#pump = undefined;
        void this.#inTurn(() => this.#lookAtTouched()).then(() => this.#pumpSoon());
      },
      Math.max(0, due - Date.now()),
    ).unref();
  }

  async #lookAtTouched(): Promise<void> {
    const now = Date.now();
    for (const [key, touched] of [...this.#touched]) {
      if (touched.dueMs > now) continue;
      const [next, ...later] = touched.later;
      if (next === undefined) this.#touched.delete(key);
      else this.#touched.set(key, { ...touched, dueMs: now + next, later });
      await this.#look(touched.scope, touched);
    }
  }
}
