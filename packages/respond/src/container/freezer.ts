import { readFileSync } from 'node:fs';
import { RespondError, respondError } from '../error.js';
import type { ContainerGroups } from './container-groups.js';
import { writeGroupFile } from './group-file.js';
import { pollUntil } from './poll.js';

/** The freezer that the container's runtime uses too: what is paused here is paused for it, and the other way round. */
export class Freezer {
  private constructor(
    private readonly file: string,
    private readonly version: 1 | 2,
  ) {}

  /** undefined when the container is in no freezer. */
  static of(groups: ContainerGroups): Freezer | undefined {
    const v1 = groups.v1('freezer');
    if (v1 !== undefined) return new Freezer(`${v1.folder}/freezer.state`, 1);
    const { v2 } = groups;
    return v2 === undefined ? undefined : new Freezer(`${v2.folder}/cgroup.freeze`, 2);
  }

  /** @throws RespondError RESPOND_NO_FREEZER */
  static mustBe(groups: ContainerGroups): Freezer {
    const freezer = Freezer.of(groups);
    if (freezer !== undefined) return freezer;
    throw new RespondError('RESPOND_NO_FREEZER', `the container \`${groups.id}\` is in no freezer`, {
      help: 'mount the freezer, or cgroup version 2; `isolate` works without it',
    });
  }

  /** Frozen processes of version 1 do not even die. */
  get holdsTheDying(): boolean {
    return this.version === 1;
  }

  /** Whether it was asked to be frozen, be it by us or by somebody else. */
  get isFrozen(): boolean {
    const text = this.#read().trim();
    return this.version === 1 ? text !== 'THAWED' : text === '1';
  }

  /**
   * Resolves when nothing in it runs any more.
   *
   * @throws RespondError RESPOND_FREEZE_TIMEOUT (and it runs on as before), RESPOND_VANISHED, RESPOND_DENIED
   */
  async freeze(timeoutMs: number): Promise<void> {
    const was = this.isFrozen;
    const isDone = await pollUntil(() => {
      // Version 1 may stick at FREEZING when a process forks at the wrong moment; asking again helps (as runc does).
      if (!this.#isWholly()) this.#write(this.version === 1 ? 'FROZEN' : '1');
      return this.#isWholly();
    }, timeoutMs);
    if (isDone) return;
    if (!was) this.thaw();
    throw new RespondError('RESPOND_FREEZE_TIMEOUT', `it was not frozen within ${timeoutMs} ms`, {
      help: 'a process of it waits in the kernel and cannot be stopped; it runs on. `isolate` works all the same',
    });
  }

  /** @throws RespondError RESPOND_VANISHED, RESPOND_DENIED */
  thaw(): void {
    this.#write(this.version === 1 ? 'THAWED' : '0');
  }

  #isWholly(): boolean {
    if (this.version === 1) return this.#read().trim() === 'FROZEN';
    const events = this.file.replace(/cgroup\.freeze$/, 'cgroup.events');
    return /^frozen 1$/m.test(readText(events)) && this.#read().trim() === '1';
  }

  #read(): string {
    return readText(this.file);
  }

  #write(text: string): void {
    try {
      writeGroupFile(this.file, text);
    } catch (cause) {
      throw respondError('the freezer cannot be used', cause);
    }
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw respondError('the freezer cannot be read', cause);
  }
}
