import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { BpfObject, KernelBtf, possibleCpus } from '@runward/native';
import { type KernelSurvey, namespaceId, surveyKernel } from '@runward/sensor';
import { EnforceError } from '../error.js';
import { ENFORCE_LAYOUT_HASH, RwEnforceBoot } from '../layout.generated.js';
import { type Generation, pinGeneration } from '../pins/generation.js';
import type { ProgramProblems } from './abilities.js';
import { lsmProblem } from './lsm.js';
import { MAPS, type Maps } from './maps.js';
import { type AttachPoint, type EnforceProgram, PROGRAMS } from './programs.js';

const EPERM = 1;
const EINTR = 4;
const EAGAIN = 11;
const MAX_ATTEMPTS = 12;
const WORKS_PER_CPU = 4;
const LOG_LINES = 6;

/** The compiled programs, read once: their digest names what is pinned. */
export interface ObjectFile {
  readonly path: string;
  readonly digest: string;
}

export function readObject(path: string): ObjectFile {
  try {
    return { path, digest: createHash('sha256').update(readFileSync(path)).digest('hex') };
  } catch (cause) {
    throw new EnforceError('ENFORCE_OBJECT_MISSING', `the compiled enforcement \`${path}\` cannot be read`, {
      help: 'build it with `make bpf`',
      cause,
    });
  }
}

function openObject(path: string): BpfObject {
  const object = BpfObject.open(path);
  if (object === undefined) {
    throw new EnforceError('ENFORCE_OBJECT_MISSING', `\`${path}\` is not a BPF object libbpf can open`, {
      help: 'build it again with `make bpf`; libbpf 1.1 or newer is needed',
    });
  }
  return object;
}

/** Programs that are left out, and why. */
type LeftOut = Map<string, string>;

const leaveOut = (leftOut: LeftOut, attach: AttachPoint, why: string): void => {
  for (const p of PROGRAMS) if (p.attach === attach && !leftOut.has(p.name)) leftOut.set(p.name, why);
};

const usesLsm = (leftOut: LeftOut): boolean =>
  PROGRAMS.some((p) => p.attach === 'lsm' && !leftOut.has(p.name));

export interface LoadRequest {
  readonly object: ObjectFile;
  readonly folder: string;
  readonly name: string;
  /** Maps of an older generation with the same layout, to go on with. */
  readonly reuse: Maps | undefined;
}

export interface Loaded {
  readonly generation: Generation;
  readonly problems: ProgramProblems;
}

/**
 * Loads, attaches and pins the programs. LSM programs where the kernel has them; else those of the root cgroup. What
 * the kernel refuses is left out where it can be missed, and LSM as a whole where one of its programs cannot.
 */
export async function loadPrograms(request: LoadRequest): Promise<Loaded> {
  const survey = await surveyKernel();
  const leftOut: LeftOut = new Map();
  const lsm = lsmProblem();
  if (lsm !== '') leaveOut(leftOut, 'lsm', lsm);
  await leaveOutMissing(leftOut);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const object = openObject(request.object.path);
    try {
      const done = await tryOnce(object, request, survey, new Map(leftOut), leftOut);
      if (done !== undefined) return done;
    } finally {
      object.close(); // what is pinned stays
    }
  }
  throw new EnforceError('ENFORCE_LOAD_FAILED', 'loading the programs was interrupted again and again', {
    help: 'stop what sends signals to this process (a CPU profiler?) and start again',
  });
}

/** Programs whose hook this kernel does not have. */
async function leaveOutMissing(leftOut: LeftOut): Promise<void> {
  const asking = PROGRAMS.filter((p) => p.hook !== undefined && !leftOut.has(p.name));
  if (asking.length === 0) return;
  const btf = await KernelBtf.load();
  for (const { name, hook = '' } of asking)
    if (btf?.hasFunction(hook) !== true) leftOut.set(name, `this kernel has no \`${hook}\``);
  btf?.close();
}

/** undefined: try again without what `leftOut` has got in addition. */
async function tryOnce(
  object: BpfObject,
  request: LoadRequest,
  survey: KernelSurvey,
  without: LeftOut,
  leftOut: LeftOut,
): Promise<Loaded | undefined> {
  if (usesLsm(without)) leaveOut(without, 'cgroup', 'the LSM programs do it');
  prepare(object, request, survey, without);
  const result = await object.load();
  if (result === -EAGAIN || result === -EINTR) return undefined; // a signal, which says nothing about the programs
  if (result !== 0) {
    noteRefusal(object, result, without, leftOut);
    return undefined;
  }
  const refused = attachAll(object, survey, without);
  if (refused !== undefined) {
    noteProblem(refused.program, refused.why, leftOut);
    return undefined;
  }
  const attached = PROGRAMS.filter(({ name }) => !without.has(name));
  const generation = pinGeneration(
    request.folder,
    request.name,
    MAPS.map((name) => ({ name, fd: object.mapFd(name) })),
    attached.map(({ name }) => ({ name, fd: object.linkFd(name) })),
  );
  return { generation, problems: without };
}

function prepare(object: BpfObject, request: LoadRequest, survey: KernelSurvey, without: LeftOut): void {
  const boot = object.initialValue('.rodata.boot');
  const view = boot === undefined ? undefined : new DataView(boot);
  if (view?.getBigUint64(RwEnforceBoot.layout_hash, true) !== ENFORCE_LAYOUT_HASH) {
    throw new EnforceError('ENFORCE_LAYOUT_MISMATCH', 'the compiled enforcement has another layout than this program expects', {
      help: 'build both from one checkout: `make build`',
    }); // biome-ignore format: one call
  }
  view.setInt32(RwEnforceBoot.cgroup_subsys, survey.subsystem, true);
  view.setUint32(RwEnforceBoot.cgroup_hierarchy, survey.hierarchy.v1?.id ?? 0, true);
  view.setUint32(RwEnforceBoot.host_mount_ns, namespaceId(1, 'mnt'), true);
  view.setUint32(RwEnforceBoot.has_lsm, usesLsm(without) ? 1 : 0, true);
  object.setMaxEntries('rw_works', WORKS_PER_CPU * possibleCpus());
  for (const { name } of PROGRAMS) {
    if (without.has(name)) object.setAutoload(name, false);
    else object.captureLog(name);
  }
  if (request.reuse === undefined) return;
  for (const name of MAPS) {
    const result = object.reuseMap(name, request.reuse[name]);
    if (result !== 0) {
      throw new EnforceError('ENFORCE_LOAD_FAILED', `the map \`${name}\` in force cannot be used further (errno ${-result})`);
    } // biome-ignore format: one statement
  }
}

/** The program the kernel refused is the one whose log is the last that is not empty. */
function noteRefusal(object: BpfObject, result: number, without: LeftOut, leftOut: LeftOut): void {
  if (result === -EPERM && !usesLsm(without)) {
    throw new EnforceError(
      'ENFORCE_NOT_PERMITTED',
      'the kernel did not permit loading the programs (EPERM)',
      {
        help: 'run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_RESOURCE; check kernel lockdown',
      },
    );
  }
  const log = object.verifierLogs().at(-1);
  const words = log === undefined ? '' : `: ${log.text.trimEnd().split('\n').slice(-LOG_LINES).join('\n  ')}`;
  const program = PROGRAMS.find(({ name }) => name === log?.program);
  const why = `the kernel refused \`${log?.program ?? 'a program'}\` (errno ${-result})${words}`;
  noteProblem(program, why, leftOut, usesLsm(without));
}

/** @throws EnforceError when it cannot be done without the program */
function noteProblem(
  program: EnforceProgram | undefined,
  why: string,
  leftOut: LeftOut,
  mayBeLsm = false,
): void {
  if (program?.missing !== undefined) leftOut.set(program.name, why);
  else if (program?.attach === 'lsm' || (program === undefined && mayBeLsm)) leaveOut(leftOut, 'lsm', why);
  else if (program?.attach === 'cgroup') leaveOut(leftOut, 'cgroup', why);
  else {
    throw new EnforceError('ENFORCE_LOAD_FAILED', why, {
      help: 'Linux 6.1 or newer with BTF is needed; `runward doctor` says which feature is missing',
    });
  }
}

interface Refused {
  readonly program: EnforceProgram;
  readonly why: string;
}

/** Attaches all; what the kernel refuses is returned, unless it can be missed. */
function attachAll(object: BpfObject, survey: KernelSurvey, without: LeftOut): Refused | undefined {
  const folder = survey.hierarchy.v2Folder;
  const cgroup = folder === undefined ? -1 : openSync(folder, 'r');
  try {
    // Whoever is judged must be known before: those that mark come first, in the order of the table.
    for (const program of PROGRAMS) {
      const { name, attach } = program;
      if (without.has(name)) continue;
      const result =
        attach === 'cgroup' || attach === 'packet'
          ? attachToCgroup(object, name, cgroup)
          : object.attach(name);
      if (result === 0) continue;
      const why = `\`${name}\` cannot be attached (errno ${-result})`;
      if (program.missing === undefined) return { program, why };
      without.set(name, why);
    }
  } finally {
    if (cgroup >= 0) closeSync(cgroup);
  }
  return undefined;
}

const ENOENT = 2;
const attachToCgroup = (object: BpfObject, name: string, cgroup: number): number =>
  cgroup < 0 ? -ENOENT : object.attachCgroup(name, cgroup);
