import { setTimeout as sleep } from 'node:timers/promises';
import type { Coverage } from '@runward/agent/policies';
import type { ContainerInfo } from '@runward/events';
import type { FlowLedger, NamedFlow } from '@runward/flows';
import type { NetworkMode } from '@runward/protocol';
import type { News } from '@runward/uplink';
import * as tell from './server-news.js';

export interface SurveyOptions {
  readonly everyMs: number;
  readonly tell: (news: readonly News[]) => void;
  readonly say: (message: string) => void;
}

/** Of the running agent, as its parts come to be. */
export interface SurveySources {
  readonly coverage: (containers: readonly ContainerInfo[]) => Promise<readonly Coverage[]>;
  readonly flows: { sights(): Promise<readonly NamedFlow[]> };
  readonly learning: { isLearning(container: ContainerInfo): boolean };
}

type Sources = { readonly [Name in keyof SurveySources]?: SurveySources[Name] | undefined };

interface Met {
  readonly info: ContainerInfo;
  /** What was told of it last, and when. */
  told: string;
  toldMs: number;
  mode: NetworkMode;
}

/** A server that was set up later, or has forgotten the old, learns of what runs within an hour. */
const AGAIN_MS = 3_600_000;
const END_MS = 2000;
const SOON_MS = 2000;

/**
 * Looks, every so often, at what is the case rather than at what happens: which containers run, how policies cover them, and
 * who talked to whom since the last look. Tells the server what changed.
 */
export class ServerSurvey {
  readonly #options: SurveyOptions;
  readonly #containers = new Map<string, Met>();
  /** Ended since the last look: what they did is still to be told. */
  readonly #gone = new Map<string, Met>();
  #ledger: FlowLedger | undefined;
  readonly #timer: NodeJS.Timeout;
  #sources: Sources = {};
  #lookedMs = Date.now();
  #looking: Promise<void> | undefined;
  #soon: NodeJS.Timeout | undefined;
  #problem = '';

  constructor(options: SurveyOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), options.everyMs).unref();
  }

  use(sources: Sources): void {
    this.#sources = { ...this.#sources, ...sources };
  }

  met(info: ContainerInfo): void {
    // More may become known of it; what it was called first is enough.
    if (info.metadata !== 'complete' || this.#containers.has(info.id)) return;
    this.#containers.set(info.id, { info, told: '', toldMs: 0, mode: 'none' });
    this.#options.tell([tell.container(info)]);
    // How it is covered is not known before its policies had a moment to come into force.
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.#guard(() => this.#tellContainers());
    }, SOON_MS).unref();
  }

  ended(id: string): void {
    const gone = this.#containers.get(id);
    if (gone === undefined) return;
    this.#containers.delete(id);
    this.#gone.set(id, gone);
    this.#options.tell([tell.containerEnd(gone.info)]);
  }

  /** One look at a time. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#guard(async () => {
      await this.#tellContainers();
      await this.#tellFlows();
    }).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #guard(look: () => Promise<void>): Promise<void> {
    try {
      await look();
      this.#problem = '';
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (this.#problem !== why) this.#options.say(`what runs here cannot be told to the server: ${why}`);
      this.#problem = why;
    }
  }

  async #tellContainers(): Promise<void> {
    const { coverage, learning } = this.#sources;
    if (coverage === undefined) return;
    const { coveredNews } = await import('./survey-news.js');
    const all = [...this.#containers.values()];
    const found = await coverage(all.map(({ info }) => info));
    const nowMs = Date.now();
    const news = all.flatMap((met, at): readonly News[] => {
      const covered = found[at];
      if (covered === undefined || !this.#containers.has(met.info.id)) return [];
      const state = { ...covered, learning: learning?.isLearning(met.info) ?? false };
      const { network } = state.modes;
      met.mode = network === 'off' ? (state.learning ? 'learn' : 'none') : network;
      const text = JSON.stringify(state);
      if (text === met.told && nowMs - met.toldMs < AGAIN_MS) return [];
      met.told = text;
      met.toldMs = nowMs;
      return [coveredNews(met.info, state)];
    });
    this.#options.tell(news);
  }

  async #tellFlows(): Promise<void> {
    const { flows } = this.#sources;
    if (flows === undefined) return this.#gone.clear();
    const { FlowLedger, flowNews } = await import('./survey-news.js');
    this.#ledger ??= new FlowLedger();
    const gone = [...this.#gone.keys()];
    const summaries = this.#ledger.take(await flows.sights());
    const [fromMs, toMs] = [this.#lookedMs, Date.now()];
    this.#lookedMs = toMs;
    const known = (id: string): Met | undefined => this.#containers.get(id) ?? this.#gone.get(id);
    this.#options.tell(
      summaries.map((summary) =>
        flowNews(summary, {
          ...{ fromMs, toMs, book: (id) => known(id)?.info },
          modeOf: (id) => known(id)?.mode ?? 'none',
        }),
      ),
    );
    for (const id of gone) this.#gone.delete(id);
  }

  /** Tells what happened since the last look, while those it asks are there. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    await Promise.race([this.look(), sleep(END_MS, undefined, { ref: false })]);
  }
}
