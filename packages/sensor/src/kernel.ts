import { readFileSync } from 'node:fs';
import { LAYOUT_HASH, RwBoot, RwNarrowed, RwSettings, type SyscallSpec } from '@runward/events';
import { BpfObject, mapDelete, mapLookup, mapShared, mapUpdate, possibleCpus } from '@runward/native';
import type { ContainerHierarchy } from './cgroup-hierarchy.js';
import { type CallInterest, type Scope, writeDispatchTables } from './dispatch-table.js';
import { SensorError } from './error.js';
import { type KernelSurvey, surveyKernel } from './kernel-survey.js';
import { LearningPrograms } from './learning-programs.js';
import { NARROWED_SLOTS, NarrowedTable, type Narrowing, type Program } from './narrowed-table.js';
import { type OpenInterest, writeOpenInterest } from './open-interest.js';
import { FAMILY_PROGRAMS, type KernelProgram, LEARNING_PROGRAMS, PROGRAMS } from './programs.js';

export interface KernelOptions {
  /** The compiled sensor, build/bpf/sensor.bpf.o. */
  readonly objectPath: string;
  /** Bytes, a power of two. */
  readonly ringSize: number;
  /** Thread group that is never reported: the agent itself. */
  readonly selfPid: number;
}

export interface ProgramState {
  readonly program: KernelProgram;
  readonly attached: boolean;
  readonly problem: string;
}

/** What is missed least first: should the kernel refuse the object, they are left out in this order. */
const ALL_PROGRAMS = [...LEARNING_PROGRAMS, ...PROGRAMS];
const SCRATCH_SLOTS = 3;
const MAX_EPOCH = 0xffff_ffff;
/** What resolvers and name servers agree to put into one datagram (dnsflagday.net, 2020). */
const ANSWER_BYTES = 1232;
const EPERM = 1;
const EINTR = 4;
const EAGAIN = 11;
const MAX_INTERRUPTIONS = 5;
const INTERRUPTED = 'interrupted';
/** Many times what a program runs, preempted or not. */
const SETTLE_MS = 5;

function openObject(path: string): BpfObject {
  try {
    readFileSync(path).length;
  } catch (cause) {
    throw new SensorError('SENSOR_OBJECT_MISSING', `the compiled sensor \`${path}\` cannot be read`, {
      help: 'build it with `make bpf`',
      cause,
    });
  }
  const object = BpfObject.open(path);
  if (object === undefined) {
    throw new SensorError('SENSOR_OBJECT_MISSING', `\`${path}\` is not a BPF object libbpf can open`, {
      help: 'build it again with `make bpf`; libbpf 1.1 or newer is needed',
    });
  }
  return object;
}

function describeErrno(errno: number): string {
  if (errno === EPERM) return 'not permitted (EPERM)';
  return `errno ${errno}`;
}

const LOG_LINES = 8;

/** The end of what the verifier said about the program it refused. */
function verifierWords(object: BpfObject): string {
  const last = object.verifierLogs().at(-1);
  if (last === undefined) return '';
  const lines = last.text.trimEnd().split('\n').slice(-LOG_LINES);
  return [`\n      the kernel about ${last.program}:`, ...lines].join('\n        ');
}

/** The loaded programs. Attached ones stay so while this object lives; the kernel detaches them when the process ends. */
export class Kernel {
  #states: readonly ProgramState[] = [];
  readonly hierarchy: ContainerHierarchy;
  readonly ringFd: number;
  readonly ringSize: number;
  readonly #object: BpfObject;
  readonly #settings: DataView;
  readonly #polling: Uint32Array;
  readonly #narrowing: Uint32Array;
  readonly #narrowed: NarrowedTable;
  #epoch = 0;
  #learning: LearningPrograms | undefined;
  readonly #dropsFd: number;
  readonly #containersFd: number;
  readonly #dropValues: Uint8Array;
  #isAsked = false;

  private constructor(object: BpfObject, hierarchy: ContainerHierarchy, options: KernelOptions) {
    this.#object = object;
    this.hierarchy = hierarchy;
    this.ringSize = options.ringSize;
    this.ringFd = object.mapFd('rw_ring');
    this.#dropsFd = object.mapFd('rw_drops');
    this.#containersFd = object.mapFd('rw_containers');
    this.#dropValues = new Uint8Array(8 * possibleCpus());
    const length = Math.ceil(RwSettings.size / 4096) * 4096;
    const settings = mapShared(object.mapFd('.data.settings'), length, 0, true);
    if (settings === undefined) {
      throw new SensorError('SENSOR_LOAD_FAILED', 'the settings of the kernel programs cannot be mapped');
    }
    this.#settings = new DataView(settings, 0, RwSettings.size);
    this.#polling = new Uint32Array(settings, RwSettings.polling, 1);
    this.#narrowing = new Uint32Array(settings, RwSettings.narrowing, 1);
    const narrowed = mapShared(
      object.mapFd('rw_narrowed_processes'),
      NARROWED_SLOTS * RwNarrowed.size,
      0,
      true,
    );
    if (narrowed === undefined) {
      throw new SensorError('SENSOR_LOAD_FAILED', 'the table of processes of the kernel cannot be mapped');
    }
    this.#narrowed = new NarrowedTable(narrowed);
    this.#linkFamilies();
  }

  /** The programs and whether they are attached; empty before {@link attach}. */
  get states(): readonly ProgramState[] {
    return this.#states;
  }

  /** From here on events come. */
  attach(): void {
    this.#object.runIterator('rw_find_host_root');
    this.#states = PROGRAMS.map((program) => this.#attach(program));
  }

  /**
   * Loads the programs this kernel has tracepoints for, without attaching them. Should it refuse them all the
   * same, optional ones are left out one by one.
   *
   * @param onVerifying called when the kernel has begun, on another thread: what is done from then on costs no time
   */
  static async load(options: KernelOptions, onVerifying: () => void = () => undefined): Promise<Kernel> {
    const survey = await surveyKernel();
    const missing = new Set(survey.missing);
    for (let interrupted = 0; interrupted < MAX_INTERRUPTIONS; ) {
      const object = openObject(options.objectPath);
      const failed = await Kernel.#tryLoad(object, survey, options, missing, onVerifying);
      if (failed === undefined) return new Kernel(object, survey.hierarchy, options);
      object.close();
      if (failed === INTERRUPTED) interrupted += 1;
      else missing.add(failed);
    }
    throw new SensorError(
      'SENSOR_LOAD_FAILED',
      'loading the sensor was interrupted by signals again and again',
      {
        help: 'stop what sends signals to this process (a CPU profiler?) and start again',
      },
    );
  }

  /** undefined when loaded; the name of an optional program to leave out; throws when a required one fails. */
  static async #tryLoad(
    object: BpfObject,
    { hierarchy, subsystem }: KernelSurvey,
    options: KernelOptions,
    missing: ReadonlySet<string>,
    onVerifying: () => void,
  ): Promise<string | undefined> {
    const boot = object.initialValue('.rodata.boot');
    if (boot === undefined) {
      throw new SensorError('SENSOR_LAYOUT_MISMATCH', 'the compiled sensor carries no layout hash', {
        help: 'build it again with `make bpf`',
      });
    }
    const view = new DataView(boot);
    const hash = view.getBigUint64(RwBoot.layout_hash, true);
    if (hash !== LAYOUT_HASH) {
      throw new SensorError(
        'SENSOR_LAYOUT_MISMATCH',
        `the compiled sensor has event layout ${hash.toString(16)}, this program expects ${LAYOUT_HASH.toString(16)}`,
        { help: 'build both from one checkout: `make build`' },
      );
    }
    view.setUint32(RwBoot.self_tgid, options.selfPid, true);
    view.setInt32(RwBoot.cgroup_subsys, subsystem, true);
    view.setUint32(RwBoot.cgroup_hierarchy, hierarchy.v1?.id ?? 0, true);
    object.setMaxEntries('rw_ring', options.ringSize);
    object.setMaxEntries('rw_scratches', SCRATCH_SLOTS * possibleCpus());
    for (const { name } of ALL_PROGRAMS) if (missing.has(name)) object.setAutoload(name, false);
    for (const program of [...ALL_PROGRAMS.map((p) => p.name), ...FAMILY_PROGRAMS.map(([, name]) => name)]) {
      object.captureLog(program);
    }
    const loading = object.load();
    onVerifying();
    const result = await loading;
    if (result === 0) return undefined;
    // The verifier gives up when a signal arrives (a profiler's, say); that says nothing about the program.
    if (result === -EAGAIN || result === -EINTR) return INTERRUPTED;
    const culprit = ALL_PROGRAMS.find((p) => p.optional && !missing.has(p.name));
    if (culprit !== undefined) return culprit.name;
    const errno = -result;
    if (errno === EPERM) {
      throw new SensorError('SENSOR_NOT_PERMITTED', 'the kernel did not permit loading the sensor (EPERM)', {
        help: 'run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_RESOURCE; check kernel lockdown',
      });
    }
    throw new SensorError('SENSOR_LOAD_FAILED', `the kernel refused the sensor: ${describeErrno(errno)}`, {
      help: `\`runward doctor\` says which kernel feature is missing; Linux 5.17 or newer with BTF is needed${verifierWords(object)}`,
    });
  }

  #linkFamilies(): void {
    const fd = this.#object.mapFd('rw_families');
    for (const [index, name] of FAMILY_PROGRAMS) {
      const key = new Uint8Array(new Uint32Array([index]).buffer);
      const value = new Uint8Array(new Uint32Array([this.#object.programFd(name)]).buffer);
      if (!mapUpdate(fd, key, value)) {
        throw new SensorError(
          'SENSOR_LOAD_FAILED',
          `the program \`${name}\` cannot be linked to the dispatcher`,
        );
      }
    }
  }

  #attach(program: KernelProgram): ProgramState {
    if (this.#object.programFd(program.name) < 0) {
      return { program, attached: false, problem: 'this kernel has no such tracepoint, or in another form' };
    }
    const result = this.#object.attach(program.name);
    if (result === 0) return { program, attached: true, problem: '' };
    if (!program.optional) {
      throw new SensorError(
        'SENSOR_ATTACH_FAILED',
        `the program \`${program.name}\` cannot be attached: ${describeErrno(-result)}`,
        { help: `needs the tracepoint ${program.tracepoint} through BTF` },
      );
    }
    return { program, attached: false, problem: describeErrno(-result) };
  }

  /** What to send from now on. Takes effect at once, call by call. */
  applyInterest(
    interestIn: (call: SyscallSpec) => CallInterest,
    open: OpenInterest,
    dataBytes: number,
    environment: boolean,
    answers: Scope = 0,
  ): void {
    // What was found about processes belongs to the old interest.
    Atomics.store(this.#narrowing, 0, 0);
    this.#settings.setUint32(RwSettings.data_len, dataBytes, true);
    this.#settings.setUint32(RwSettings.answer_len, answers === 0 ? 0 : ANSWER_BYTES, true);
    this.#settings.setUint32(RwSettings.want_env, environment ? 1 : 0, true);
    writeOpenInterest(this.#settings, open, () => this.#settle());
    writeDispatchTables(this.#settings, interestIn, answers);
  }

  /** From now on {@link narrow} counts. It does not outlive the next {@link applyInterest}. */
  beginNarrowing(): void {
    this.#epoch = this.#epoch === MAX_EPOCH ? 1 : this.#epoch + 1;
    Atomics.store(this.#narrowing, 0, this.#epoch);
  }

  /** Whether the kernel knows what is worth sending of this program. */
  isNarrowed(program: Program): boolean {
    return this.#narrowed.holds(program, this.#epoch);
  }

  /** Sends only this of the program, until it executes another or moves to another cgroup. */
  narrow(program: Program, narrowing: Narrowing): void {
    this.#narrowed.write(program, this.#epoch, narrowing);
  }

  /** What learning needs of the kernel; attached while its `start` is in force. */
  get learning(): LearningPrograms {
    this.#learning ??= new LearningPrograms(this.#object);
    return this.#learning;
  }

  /** Programs that began before the last change of the settings have ended when this returns. */
  #settle(): void {
    const nobody = new Int32Array(new SharedArrayBuffer(4));
    if (this.#isAsked) Atomics.wait(nobody, 0, 0, SETTLE_MS);
    this.#isAsked = true;
  }

  /** While true the kernel does not wake the reader for records; it must look by itself. */
  setPolling(polling: boolean): void {
    Atomics.store(this.#polling, 0, polling ? 1 : 0);
  }

  /** Records lost so far: [type, CPU, count], only where any were. */
  readDrops(): { readonly typeKey: number; readonly cpu: number; readonly count: number }[] {
    const drops: { typeKey: number; cpu: number; count: number }[] = [];
    const key = new Uint32Array(1);
    const keyBytes = new Uint8Array(key.buffer);
    const values = new BigUint64Array(this.#dropValues.buffer);
    for (let type = 0; type < 256; type += 1) {
      key[0] = type;
      if (!mapLookup(this.#dropsFd, keyBytes, this.#dropValues)) continue;
      values.forEach((count, cpu) => {
        if (count > 0n) drops.push({ typeKey: type, cpu, count: Number(count) });
      });
    }
    return drops;
  }

  /** Tasks of this cgroup count as a container's even where their root directory is the host's. */
  markContainer(cgroupId: bigint): boolean {
    const key = new Uint8Array(new BigUint64Array([cgroupId]).buffer);
    return mapUpdate(this.#containersFd, key, new Uint8Array([1, 0, 0, 0]));
  }

  unmarkContainer(cgroupId: bigint): void {
    mapDelete(this.#containersFd, new Uint8Array(new BigUint64Array([cgroupId]).buffer));
  }

  close(): void {
    this.#object.close();
  }
}
