import type { Detection } from '@runward/detect';
import { PRIORITIES, type Priority } from '@runward/rules';
import { Delivery } from './delivery.js';
import { FORMATS, type FormatName } from './format/index.js';
import { otlp, otlpRequest } from './format/otlp.js';
import { pagerDuty, slack } from './format/people.js';
import { SEVERITIES } from './format/severity.js';
import { DiskQueue } from './queue/disk-queue.js';
import { MAX_RECORD_BYTES } from './queue/segment-file.js';
import type { OutputSettings, Target } from './settings/output-settings.js';
import { FileTransport } from './transport/file.js';
import { HttpTransport } from './transport/http.js';
import { KafkaTransport, keyed } from './transport/kafka.js';
import { NatsTransport } from './transport/nats.js';
import { readSecret } from './transport/secret.js';
import { syslogTransport } from './transport/syslog.js';
import type { Transport } from './transport/transport.js';

export interface OutputOptions {
  /** Of its queue. */
  readonly folder: string;
  readonly hostname: string;
  /** Of Runward. */
  readonly version: string;
  readonly say: (message: string) => void;
  /** Records were lost: how many, between which times. */
  readonly onDropped: (dropped: Dropped) => void;
}

export interface Dropped {
  readonly output: string;
  readonly count: number;
  /** RFC 3339 times of the first and the last. */
  readonly firstTime: string;
  readonly lastTime: string;
  readonly why: string;
}

const FULL = 'its queue was full';
const DAMAGED = 'its queue was damaged';

/** What an output has to do and has done. */
export interface OutputStatus {
  readonly name: string;
  readonly type: Target['type'];
  /** Records that wait, and how many bytes they take on the disk. */
  readonly queued: number;
  readonly queuedBytes: number;
  readonly sent: number;
  /** By the receiver for good, or too large for any. */
  readonly rejected: number;
  /** Not kept, for want of room. */
  readonly dropped: number;
  readonly problem: string;
}

/** One place detections go to: chosen, written as it reads them, kept on the disk until they have arrived. */
export class Output {
  readonly #settings: OutputSettings;
  readonly #options: OutputOptions;
  readonly #queue: DiskQueue;
  readonly #delivery: Delivery;
  readonly #write: (detection: Detection) => string;
  readonly #leastUrgent: number;
  #dropped = 0;
  #tooLarge = 0;
  /** Since there was room the last time. */
  #gap: Dropped | undefined;

  /** @throws OutputError when its queue cannot be used */
  constructor(settings: OutputSettings, options: OutputOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#queue = DiskQueue.open(options.folder, {
      ...{ maxBytes: settings.queueBytes, say: options.say },
      onLost: (count) => {
        const now = new Date().toISOString();
        this.#miss(count, now, now, DAMAGED);
      },
    });
    this.#write = writerOf(settings.target, options);
    this.#leastUrgent = PRIORITIES.indexOf(settings.minPriority);
    this.#delivery = new Delivery(this.#queue, transportOf(settings, options), options.say);
  }

  get status(): OutputStatus {
    const { sent, rejected, problem } = this.#delivery.stats;
    return {
      name: this.#settings.name,
      type: this.#settings.target.type,
      queued: this.#queue.count,
      queuedBytes: this.#queue.bytes,
      ...{ sent, problem, rejected: rejected + this.#tooLarge },
      dropped: this.#dropped,
    };
  }

  #wants({ priority, source }: Detection): boolean {
    const { sources } = this.#settings;
    return (
      PRIORITIES.indexOf(priority) <= this.#leastUrgent && (sources.length === 0 || sources.includes(source))
    );
  }

  write(detections: readonly Detection[]): void {
    const written = detections
      .filter((each) => this.#wants(each))
      .map((detection) => ({ detection, record: Buffer.from(this.#write(detection)) }));
    const fitting = written.filter(({ record }) => record.length <= MAX_RECORD_BYTES);
    if (fitting.length < written.length) this.#refuse(written.length - fitting.length);
    const wanted = fitting.map(({ detection }) => detection);
    if (wanted.length === 0) return;
    const notice = this.#gap === undefined ? [] : [gapNotice(this.#gap, this.#options.hostname)];
    const records = [
      ...notice.map((each) => Buffer.from(this.#write(each))),
      ...fitting.map(({ record }) => record),
    ];
    const taken = this.#queue.append(records);
    if (taken >= notice.length && this.#gap !== undefined) {
      this.#options.onDropped(this.#gap);
      this.#gap = undefined;
    }
    const lost = wanted.slice(Math.max(0, taken - notice.length));
    if (lost.length > 0) this.#lose(lost);
  }

  /** A queue would take them for damage, and what follows with them. */
  #refuse(count: number): void {
    this.#tooLarge += count;
    this.#options.say(`${count} records of more than ${MAX_RECORD_BYTES} bytes are left out`);
  }

  #lose(lost: readonly Detection[]): void {
    const [first, last] = [lost[0], lost.at(-1)];
    if (this.#gap === undefined) this.#options.say('its queue is full: what comes now is lost');
    this.#miss(lost.length, first?.time ?? '', last?.time ?? '', FULL);
  }

  /** To be told as soon as something is written. */
  #miss(count: number, firstTime: string, lastTime: string, why: string): void {
    const gap = this.#gap;
    this.#dropped += count;
    this.#gap = {
      ...{ output: this.#settings.name, lastTime },
      count: (gap?.count ?? 0) + count,
      firstTime: gap?.firstTime ?? firstTime,
      why: gap === undefined || gap.why === why ? why : `${FULL} and damaged`,
    };
  }

  async close(patienceMs: number): Promise<void> {
    if (this.#gap !== undefined) this.#options.onDropped(this.#gap);
    await this.#delivery.close(patienceMs);
  }
}

/** Says in the receiver's own stream what is missing in it. */
function gapNotice({ output, count, firstTime, lastTime, why }: Dropped, hostname: string): Detection {
  const nobody = { pid: process.pid, vpid: process.pid, name: 'runward', exe: process.execPath, args: [], cwd: '/', uid: process.getuid?.() ?? 0, user: '' }; // biome-ignore format: one line
  const priority: Priority = 'Critical';
  return {
    time: lastTime,
    rule: 'Detections lost on the way to an output',
    priority,
    source: 'runward',
    hostname,
    output: `${count} detections from ${firstTime} to ${lastTime} were not kept for output \`${output}\`: ${why}`,
    tags: ['runward'],
    output_fields: { output, count, firstTime, lastTime },
    container: null,
    process: nobody,
    ancestors: [],
    event: { type: 'gap', number: 0, cpu: 0, callerMemory: false, truncated: false, compat32: false, ioUring: false }, // biome-ignore format: one line
  };
}

function writerOf(target: Target, { version }: OutputOptions): (detection: Detection) => string {
  const as = (format: FormatName) => (d: Detection) => FORMATS[format](d, version);
  switch (target.type) {
    case 'slack':
      return slack;
    case 'pagerduty':
      return pagerDuty;
    case 'otlp':
      return otlp;
    case 'syslog': {
      const format = as(target.format);
      return (d) => `${syslogHeader(d, target.facility)} ${format(d)}`;
    }
    case 'kafka': {
      const format = as(target.format);
      return (d) => keyed((target.orderBy === 'container' && d.container?.id) || d.hostname, format(d));
    }
    default:
      return as(target.format);
  }
}

/** RFC 5424, with six of the time's digits, and the event's kind as the message's. */
function syslogHeader(d: Detection, facility: number): string {
  const printable = (text: string, most: number): string =>
    text.replace(/[^\x21-\x7e]/g, '_').slice(0, most) || '-';
  const time = d.time.replace(/(\.\d{6})\d+/, '$1');
  const kind = printable(d.event.type, 32);
  return `<${facility * 8 + SEVERITIES[d.priority].syslog}>1 ${time} ${printable(d.hostname, 255)} runward ${process.pid} ${kind} -`;
}

function transportOf({ name, target }: OutputSettings, { hostname, version }: OutputOptions): Transport {
  const one = { records: 1, bytes: Number.MAX_SAFE_INTEGER };
  const many = { records: 256, bytes: 512 * 1024 };
  const first = ([record]: readonly Buffer[]): Buffer => record ?? Buffer.alloc(0);
  const json = { label: `\`${name}\``, type: 'application/json' };
  switch (target.type) {
    case 'file':
      return new FileTransport(target);
    case 'syslog':
      return syslogTransport(target);
    case 'nats':
      return new NatsTransport(target);
    case 'kafka':
      return new KafkaTransport(target);
    case 'http': {
      if (target.body === 'one') return new HttpTransport({ ...target, ...json, type: typeOf(target.format), most: one, body: first }); // biome-ignore format: one line
      const lines = (records: readonly Buffer[]): string => `${records.join('\n')}\n`;
      const array = (records: readonly Buffer[]): string => `[${records.join(',')}]`;
      return target.body === 'lines'
        ? new HttpTransport({ ...target, ...json, type: 'application/x-ndjson', most: many, body: lines })
        : new HttpTransport({ ...target, ...json, most: many, body: array });
    }
    case 'otlp':
      return new HttpTransport({
        ...target,
        ...json,
        most: many,
        body: (records) => otlpRequest(records.map(String), hostname, version),
        objection: partlyRejected,
      });
    case 'slack':
      return new HttpTransport({ ...target, ...json, most: one, body: first });
    case 'pagerduty':
      return new HttpTransport({ ...target, ...json, most: one, body: (records) => withKey(first(records), readSecret(target.routingKey)) }); // biome-ignore format: one line
  }
}

const typeOf = (format: FormatName): string =>
  format === 'text' || format === 'cef' ? 'text/plain; charset=utf-8' : 'application/json';

/** The key is not in the queue. */
const withKey = (record: Buffer, key: string): string =>
  record.toString('utf8').replace('{', () => `{"routing_key":${JSON.stringify(key)},`);

/** An OpenTelemetry receiver takes a part and says so with status 200. */
function partlyRejected(answer: string): string {
  try {
    const { partialSuccess } = JSON.parse(answer) as {
      readonly partialSuccess?: { readonly rejectedLogRecords?: unknown; readonly errorMessage?: unknown };
    }; // a wrong shape says nothing // biome-ignore format: one line
    const count = Number(partialSuccess?.rejectedLogRecords ?? 0);
    return count > 0 ? `${count} records refused: ${String(partialSuccess?.errorMessage ?? '')}` : '';
  } catch {
    return '';
  }
}
