import { closeSync, openSync } from 'node:fs';
import { bootToEpochOffsetNs } from '@runward/core';
import { bootTimeNs, closeFd } from '@runward/native';
import { tryLock } from '@runward/native/files';
import type { KernelTables, SectionName } from '@runward/policy';
import type { SectionAbility } from './ability.js';
import type { BoundContainer, Enforcement, EnforcementOptions, LineCount } from './contract.js';
import { EnforceError } from './error.js';
import type { GuardMaps } from './fanotify/guard.js';
import { type ProgramProblems, sectionAbilities } from './kernel/abilities.js';
import { loadPrograms, readObject } from './kernel/load.js';
import { lsmProblem } from './kernel/lsm.js';
import type { Maps } from './kernel/maps.js';
import { PROGRAMS } from './kernel/programs.js';
import { ENFORCE_LAYOUT_HASH } from './layout.generated.js';
import { DEFAULT_PIN_FOLDER, makePinFolder } from './pins/bpf-folder.js';
import {
  type Generation,
  generationName,
  generationsIn,
  removePins,
  removeUnfinished,
} from './pins/generation.js';
import { Answerer } from './refusals/answerer.js';
import { endDenied } from './refusals/end-denied.js';
import { Bindings } from './tables/bindings.js';
import { DigestNumbers } from './tables/digests.js';
import { FileDigests } from './tables/file-digests.js';
import { NamePatterns } from './tables/names.js';
import { SetTable } from './tables/sets.js';
import { readDrops, VerdictListener, type VerdictsTaker } from './verdicts/listener.js';

/** Programs that look at a set or binding when it is replaced have ended after this. */
const SETTLE_MS = 1000;

export class PinnedEnforcement implements Enforcement {
  readonly abilities: readonly SectionAbility[];
  readonly origin: Enforcement['origin'];
  readonly #maps: Maps;
  readonly #lock: number;
  readonly #sets: SetTable;
  readonly #bindings: Bindings;
  readonly #files: FileDigests;
  /** undefined where the kernel has no such program. */
  readonly #connected: string | undefined;
  #previous: readonly Generation[];
  #listener: VerdictListener | undefined;

  private constructor(
    generation: Generation,
    problems: ProgramProblems,
    origin: Enforcement['origin'],
    previous: readonly Generation[],
    lock: number,
  ) {
    this.#maps = generation.openMaps();
    this.#lock = lock;
    this.#previous = previous;
    this.origin = origin;
    this.abilities = sectionAbilities(problems);
    this.#sets = new SetTable(
      this.#maps,
      new DigestNumbers(this.#maps.rw_digest_ids),
      new NamePatterns(this.#maps.rw_names),
    );
    this.#bindings = new Bindings(this.#maps, generation.iterator('rw_mark_members'));
    this.#connected = generation.hasLink('rw_denied_sockets')
      ? generation.iterator('rw_denied_sockets')
      : undefined;
    this.#files = new FileDigests(
      this.#maps.rw_asked,
      this.#maps.rw_digests,
      generation.iterator('rw_name_files'),
    );
  }

  /**
   * Takes over what is pinned when it is of the same object; else loads the programs, goes on with the maps of older
   * ones, and detaches these once the new ones are attached: what is in force stays in force throughout. Where the
   * layout of the maps has changed the older programs stay attached until {@link retirePrevious}.
   *
   * @throws EnforceError
   */
  static async open(options: EnforcementOptions): Promise<PinnedEnforcement> {
    const folder = options.pinFolder ?? DEFAULT_PIN_FOLDER;
    const object = readObject(options.objectPath);
    const name = generationName(ENFORCE_LAYOUT_HASH, object.digest);
    makePinFolder(folder);
    const lock = takeLock(folder);
    try {
      removeUnfinished(folder);
      const all = generationsIn(folder);
      const same = all.find((generation) => generation.name === name);
      const others = all.filter((generation) => generation !== same);
      const alike = others.find(({ layout }) => layout === name.slice(0, layout.length));
      if (same !== undefined) {
        const stay = retire(others, same.layout);
        return new PinnedEnforcement(
          same,
          problemsOf(same),
          stay.length > 0 ? 'beside-previous' : 'taken-over',
          stay,
          lock,
        );
      }
      const reuse = alike?.openMaps();
      const { generation, problems } = await loadPrograms({ object, folder, name, reuse });
      closeMaps(reuse);
      const stay = retire(others, generation.layout);
      const origin = stay.length > 0 ? 'beside-previous' : alike === undefined ? 'loaded' : 'replaced';
      return new PinnedEnforcement(generation, problems, origin, stay, lock);
    } catch (error) {
      closeSync(lock);
      throw error;
    }
  }

  load(tables: KernelTables): number {
    return this.#sets.load(tables);
  }

  bind({ cgroups, pid, set, failClosed, imageNs = 0n }: BoundContainer): void {
    if (!this.#sets.ids.has(set)) {
      throw new EnforceError('ENFORCE_UNKNOWN_SET', `there is no set ${set} in the kernel`);
    }
    const [container = 0] = cgroups;
    const fresh = cgroups.filter((cgroup) =>
      this.#bindings.put({ cgroup, container, set, failClosed, imageNs }),
    );
    if (pid !== undefined && fresh.length > 0) this.#bindings.mark(pid);
    if (this.#sets.judgesNetwork(set)) this.#endDeniedSoon();
  }

  /** Once for all that are bound together: it goes through the descriptors of all processes. */
  #endDeniedSoon(): void {
    const iterator = this.#connected;
    if (iterator === undefined || this.#ending !== undefined) return;
    this.#ending = setImmediate(() => {
      this.#ending = undefined;
      if (this.#isOpen) endDenied(iterator);
    });
  }
  #ending: NodeJS.Immediate | undefined;

  unbind(cgroups: readonly number[]): void {
    for (const cgroup of cgroups) this.#bindings.remove(cgroup);
  }

  bindings(): ReadonlyMap<number, number> {
    return this.#bindings.all();
  }

  sets(): ReadonlyMap<number, string> {
    return this.#sets.ids;
  }

  unload(set: number): void {
    for (const [cgroup, bound] of this.#bindings.all()) {
      if (bound !== set) continue;
      throw new EnforceError('ENFORCE_UNKNOWN_SET', `cgroup ${cgroup} is bound to set ${set}`, {
        help: 'bind it to another first',
      });
    }
    this.#sets.retire(set);
    const maps = this.#maps;
    setTimeout(() => {
      // A set that was loaded again meanwhile has another number.
      if (maps === this.#maps && this.#isOpen) this.#sets.remove(set);
    }, SETTLE_MS).unref();
  }

  counts(set: number): ReadonlyMap<number, LineCount> {
    const offset = bootToEpochOffsetNs(bootTimeNs());
    return new Map(
      [...this.#sets.counts(set)].map(([line, { hits, lastNs }]) => [
        line,
        { hits, lastMs: Number((lastNs + offset) / 1_000_000n) },
      ]),
    );
  }

  recordDigest(path: string): Promise<string | undefined> {
    return this.#files.record(path);
  }

  onVerdicts(take: VerdictsTaker): void {
    if (this.#listener !== undefined) throw new RangeError('verdicts are being taken already');
    const answerer = new Answerer();
    this.#listener = new VerdictListener({
      verdicts: { map: this.#maps.rw_verdicts, take },
      refusals: { map: this.#maps.rw_refusals, take: (records) => answerer.take(records) },
    });
  }

  dropped(): ReadonlyMap<SectionName, number> {
    return readDrops(this.#maps.rw_verdict_drops);
  }

  retirePrevious(): boolean {
    const any = this.#previous.length > 0;
    for (const generation of this.#previous) generation.remove();
    this.#previous = [];
    return any;
  }

  /** Who acts, and in whose name: for what judges beside the kernel. Good as long as this is open. */
  get guardMaps(): GuardMaps {
    return { members: this.#maps.rw_members, bound: this.#maps.rw_bound };
  }

  #isOpen = true;

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearImmediate(this.#ending);
    await this.#listener?.close();
    closeMaps(this.#maps);
    closeSync(this.#lock);
  }

  /** The way out: unpins everything; nothing is enforced any more. True when there was something. */
  static detachAll(pinFolder: string = DEFAULT_PIN_FOLDER): boolean {
    return removePins(pinFolder);
  }
}

/** Removes those of the same layout, whose maps are in use further; returns the others. */
function retire(generations: readonly Generation[], layout: string): readonly Generation[] {
  for (const generation of generations) if (generation.layout === layout) generation.remove();
  return generations.filter((generation) => generation.layout !== layout);
}

/** Of programs that were loaded by another process: those that are not attached. */
function problemsOf(generation: Generation): ProgramProblems {
  const why = lsmProblem();
  return new Map(
    PROGRAMS.filter(({ name }) => !generation.hasLink(name)).map(({ name, attach }) => [
      name,
      attach === 'lsm' && why !== '' ? why : 'the kernel refused it when it was loaded',
    ]),
  );
}

function closeMaps(maps: Maps | undefined): void {
  for (const fd of Object.values(maps ?? {})) closeFd(fd);
}

function takeLock(folder: string): number {
  const fd = openSync(folder, 'r');
  if (tryLock(fd)) return fd;
  closeSync(fd);
  throw new EnforceError(
    'ENFORCE_IN_USE',
    `another process has the enforcement pinned in \`${folder}\` open`,
    {
      help: 'one agent runs on a machine; stop the other',
    },
  );
}
