import type { ContainerInfo } from '@runward/events';
import type { WorkloadProfile } from '@runward/policy';
import { Coverage } from './coverage.js';
import { Executables } from './executables.js';
import { Files } from './files.js';
import { Names } from './names.js';
import { Network } from './network.js';
import { Processes } from './processes.js';
import { type Moment, News } from './tally.js';

const IDENTITIES = 64;

/** A profile in the making. */
export class ProfileBuilder {
  readonly executables = new Executables();
  readonly files = new Files(this.executables);
  readonly processes = new Processes();
  readonly network = new Network(this.executables);
  readonly capabilities = new Names(this.executables);
  readonly syscalls = new Names(this.executables);
  readonly kernelSurface = new Names(this.executables);
  readonly coverage: Coverage;
  readonly privilege = { setuidExecution: false, gainedPrivileges: false, wroteRoot: false };
  readonly #workload: string;
  readonly #uids = new Set<number>();
  readonly #images = new Set<string>();
  readonly #digests = new Set<string>();
  readonly #namespaces = new Set<string>();
  readonly #names = new Set<string>();
  #revision = 0;
  #lastUid = -1;

  /** `session` names this run: a random text. With `earlier` it goes on where that ended. */
  constructor(workload: string, session: string, earlier?: WorkloadProfile, callsCounted = false) {
    this.#workload = workload;
    this.coverage = new Coverage(session, callsCounted);
    if (earlier !== undefined) this.#restore(earlier);
  }

  /** Grows with everything that is learnt beyond counts. */
  get revision(): number {
    return this.#revision;
  }

  /** Takes the answer of one of the tables. */
  took(news: number, moment: Moment): void {
    if (news === News.nothing) return;
    this.#revision += 1;
    if ((news & News.first) !== 0) this.coverage.foundNew(moment.nowMs);
  }

  meet(container: ContainerInfo): void {
    keep(this.#images, container.image);
    keep(this.#digests, container.imageDigest);
    keep(this.#names, container.name);
    keep(this.#namespaces, container.pod?.namespace ?? '');
    this.#revision += 1;
  }

  ranAs(uid: number): void {
    if (uid === this.#lastUid) return;
    this.#lastUid = uid;
    if (this.#uids.size < IDENTITIES) this.#uids.add(uid);
  }

  /** As plain data, in an order that follows from the content. */
  profile(): WorkloadProfile {
    const sorted = (set: ReadonlySet<string>): readonly string[] => [...set].sort();
    const omitted = {
      files: this.files.omitted,
      processes: this.processes.omitted + this.executables.omitted,
      network: this.network.omitted,
      containers: this.coverage.omitted,
    };
    return {
      format: 1,
      workload: this.#workload,
      images: sorted(this.#images),
      imageDigests: sorted(this.#digests),
      namespaces: sorted(this.#namespaces),
      containerNames: sorted(this.#names),
      coverage: this.coverage.summarize(
        Object.fromEntries(Object.entries(omitted).filter(([, count]) => count > 0)),
      ),
      processes: this.processes.observations(),
      files: this.files.observations(),
      network: this.network.observations(),
      capabilities: this.capabilities.observations(),
      syscalls: this.syscalls.observations(),
      kernelSurface: this.kernelSurface.observations(),
      privilege: { ...this.privilege, uids: [...this.#uids].sort((a, b) => a - b) },
    };
  }

  #restore(earlier: WorkloadProfile): void {
    this.processes.restore(earlier.processes);
    this.files.restore(earlier.files);
    this.network.restore(earlier.network);
    this.capabilities.restore(earlier.capabilities);
    this.syscalls.restore(earlier.syscalls);
    this.kernelSurface.restore(earlier.kernelSurface);
    this.coverage.restore(earlier.coverage);
    for (const image of earlier.images) this.#images.add(image);
    for (const digest of earlier.imageDigests) this.#digests.add(digest);
    for (const namespace of earlier.namespaces) this.#namespaces.add(namespace);
    for (const name of earlier.containerNames) this.#names.add(name);
    for (const uid of earlier.privilege.uids) this.#uids.add(uid);
    this.privilege.setuidExecution = earlier.privilege.setuidExecution;
    this.privilege.gainedPrivileges = earlier.privilege.gainedPrivileges;
    this.privilege.wroteRoot = earlier.privilege.wroteRoot;
  }
}

function keep(set: Set<string>, text: string): void {
  if (text !== '' && set.size < IDENTITIES) set.add(text);
}
