import { randomBytes } from 'node:crypto';
import { DiskQueue } from '@runward/outputs/queue';
import { LIMITS, type RecordKind, type UplinkRecord } from '@runward/protocol';

/** A record before it has its number; labels that are left out are ''. */
export type News = Pick<UplinkRecord, 'kind' | 'timeMs' | 'body'> &
  Partial<Pick<UplinkRecord, 'priority' | 'rule' | 'namespace' | 'workload' | 'container' | 'incident'>>;

/** What was not kept. */
export interface Loss {
  readonly why: string;
  readonly lost: Readonly<Partial<Record<RecordKind, number>>>;
  readonly firstTime: string;
  readonly lastTime: string;
}

export interface SpoolOptions {
  readonly folder: string;
  readonly maxBytes: number;
  readonly say: (message: string) => void;
  /** Told of what was lost, once there is room again or at the end. */
  readonly onLoss: (loss: Loss) => void;
}

/**
 * What waits for the server, on the disk, in order. Each record has a number that is its own for ever: `boot` is new in
 * each process, so one that was written and lost by a power cut never shares it with another.
 */
export class Spool {
  readonly queue: DiskQueue;
  readonly #options: SpoolOptions;
  readonly #boot = randomBytes(16).toString('hex');
  #seq = 0;
  #lost = 0;
  #gap: Loss | undefined;

  /** @throws OutputError OUTPUT_QUEUE_UNUSABLE */
  constructor(options: SpoolOptions) {
    this.#options = options;
    this.queue = DiskQueue.open(options.folder, { maxBytes: options.maxBytes, say: options.say });
  }

  /** Records that found no room since the start. */
  get lost(): number {
    return this.#lost;
  }

  add(news: readonly News[]): void {
    if (news.length === 0) return;
    if (this.#gap !== undefined && this.#put(gapNews(this.#gap))) this.#tellGap();
    for (const each of news) {
      // What came later does not overtake what was lost: the gap is told at its place.
      if (this.#gap !== undefined) this.#lose(each, this.#gap.why);
      else if (!this.#put(each)) this.#lose(each, 'the queue for the server was full');
    }
  }

  #put(news: News): boolean {
    const record = Buffer.from(JSON.stringify(recordOf(news, this.#boot, this.#seq + 1)));
    if (record.length > LIMITS.recordBytes) {
      this.#lose(news, `it had more than ${LIMITS.recordBytes} bytes`);
      this.#tellLoss();
      return true;
    }
    if (this.queue.append([record]) === 0) return false;
    this.#seq += 1;
    return true;
  }

  #lose({ kind, timeMs }: News, why: string): void {
    if (this.#gap === undefined) this.#options.say(`a record for the server was not kept: ${why}`);
    const at = new Date(timeMs).toISOString();
    this.#lost += 1;
    this.#gap = {
      why: this.#gap?.why ?? why,
      lost: { ...this.#gap?.lost, [kind]: (this.#gap?.lost[kind] ?? 0) + 1 },
      firstTime: this.#gap?.firstTime ?? at,
      lastTime: at,
    };
  }

  /** At once where there is room, since only the record itself had none. */
  #tellLoss(): void {
    if (this.#gap !== undefined && this.#put(gapNews(this.#gap))) this.#tellGap();
  }

  #tellGap(): void {
    if (this.#gap !== undefined) this.#options.onLoss(this.#gap);
    this.#gap = undefined;
  }

  /** What was lost and not told is told here. The queue is closed by who sends it. */
  end(): void {
    this.#tellGap();
  }
}

const gapNews = (gap: Loss): News => ({
  kind: 'gap',
  timeMs: Date.now(),
  body: { where: 'link to the server', ...gap },
});

const MOST_LABEL = 512;
const label = (text = ''): string => text.slice(0, MOST_LABEL).replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd');

const recordOf = (news: News, boot: string, seq: number): UplinkRecord => ({
  ...{ boot, seq, kind: news.kind, timeMs: Math.max(0, Math.trunc(news.timeMs)) },
  ...{ priority: label(news.priority), rule: label(news.rule), namespace: label(news.namespace) },
  ...{ workload: label(news.workload), container: label(news.container), incident: label(news.incident) },
  body: news.body,
});
