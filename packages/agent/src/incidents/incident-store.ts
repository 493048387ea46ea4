import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Incident, readIncident } from '@runward/incidents';
import { DocumentFolder, holdLock } from '@runward/state/documents';

const FOLDER = 'incidents';
const LOCK = 'incidents.lock';
/** What somebody must not miss is on the disk this soon; mere counts later. */
const SOON_MS = 50;
const LATER_MS = 5000;

/**
 * Incidents on the disk: a file each in `incidents/` of the state folder. What changed is written behind the agent's back,
 * the latest text of each, so that a storm of detections costs no storm of writes.
 */
export class IncidentStore {
  readonly #folder: DocumentFolder;
  readonly #state: string;
  readonly #say: (message: string) => void;
  /** Undefined until the folder is needed; null: somebody else has it, or it cannot be had. */
  #lock: { readonly release: () => void } | null | undefined;
  #isRefused = false;
  readonly #waiting = new Map<
    string,
    { readonly text: () => string | undefined; readonly durable: boolean }
  >();
  #timer: NodeJS.Timeout | undefined;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #writing: Promise<void> = Promise.resolve();
  #problem = '';

  constructor(state: string, say: (message: string) => void) {
    this.#folder = new DocumentFolder(join(state, FOLDER));
    this.#state = state;
    this.#say = say;
  }

  /** Never rejects: what cannot be read is set aside, and told. */
  async read(): Promise<readonly Incident[]> {
    if (!existsSync(this.#folder.path) || !this.#isOurs()) return [];
    const incidents: Incident[] = [];
    try {
      for (const { name, text } of await this.#folder.read()) {
        const reading = readIncident(text);
        if ('incident' in reading && reading.incident.id === name) incidents.push(reading.incident);
        else await this.#setAside(name, 'problem' in reading ? reading.problem : 'it is of another name');
      }
    } catch (error) {
      this.#fail(error);
    }
    return incidents;
  }

  /** Writes what `text` gives when it comes to that; `matters`: soon, and to survive a loss of power. */
  put(id: string, text: () => string | undefined, matters: boolean): void {
    if (!this.#isOurs()) return;
    const durable = matters || this.#waiting.get(id)?.durable === true;
    this.#waiting.set(id, { text, durable });
    this.#schedule(matters ? SOON_MS : LATER_MS);
  }

  remove(id: string): void {
    this.put(id, () => undefined, false);
  }

  /** '' unless the last write failed. */
  get problem(): string {
    return this.#isRefused ? 'incidents are in memory only' : this.#problem;
  }

  /** Idempotent. What comes later is not kept. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#flush();
    this.#lock?.release();
    this.#lock = null;
  }

  /** Where another agent keeps its incidents in the same folder, this one's are in memory only, which is told. */
  #isOurs(): boolean {
    if (this.#lock !== undefined) return this.#lock !== null;
    try {
      this.#lock = holdLock(join(this.#state, LOCK)) ?? null;
      if (this.#lock === null)
        this.#say(`incidents are kept in memory only: another agent keeps its own in \`${this.#state}\``);
    } catch (error) {
      this.#lock = null;
      this.#say(`incidents are kept in memory only: ${reasonOf(error)}`);
    }
    this.#isRefused = this.#lock === null;
    return this.#lock !== null;
  }

  #schedule(afterMs: number): void {
    const dueAtMs = performance.now() + afterMs;
    if (dueAtMs >= this.#dueAtMs) return;
    clearTimeout(this.#timer);
    this.#dueAtMs = dueAtMs;
    this.#timer = setTimeout(() => void this.#flush(), afterMs).unref();
  }

  #flush(): Promise<void> {
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    this.#writing = this.#writing.then(async () => {
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const [id, { text, durable }] of waiting) await this.#write(id, text(), durable);
    });
    return this.#writing;
  }

  async #write(name: string, text: string | undefined, durable: boolean): Promise<void> {
    try {
      if (text === undefined) await this.#folder.remove(name);
      else await this.#folder.write({ name, text }, durable);
      this.#problem = '';
    } catch (error) {
      this.#fail(error);
    }
  }

  async #setAside(name: string, why: string): Promise<void> {
    this.#say(
      `incident \`${name}\` cannot be read: ${why}; it is kept as \`${await this.#folder.setAside(name)}\``,
    );
  }

  /** Told once, until it works again. */
  #fail(error: unknown): void {
    if (this.#problem === '') this.#say(`incidents cannot be kept: ${reasonOf(error)}`);
    this.#problem = reasonOf(error);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
