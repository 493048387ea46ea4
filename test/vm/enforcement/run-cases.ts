/**
 * `run-cases.ts FOLDER`: goes through the cases with real containers and writes FOLDER/results.json. A program of its
 * own, so that it runs in a machine as on the host.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KernelVerdict, PinnedEnforcement, type SectionAbility } from '@runward/enforce';
import { Box } from './box.js';
import { CASES, type EnforcementCase } from './cases.js';
import { tablesOf } from './policies.js';

export interface CaseResult {
  readonly name: string;
  /** '' when all came as it should. */
  readonly problem: string;
}
export interface Results {
  readonly abilities: readonly SectionAbility[];
  readonly hasLsm: boolean;
  readonly loadMs: number;
  readonly cases: readonly CaseResult[];
}

const folder = process.argv[2] ?? '/tmp/runward-enforcement';
const pattern = new RegExp(process.argv[3] ?? '');
const pinFolder = process.env.RUNWARD_PIN_FOLDER ?? '/sys/fs/bpf/runward-test';
const VERDICT_MS = 2000;
mkdirSync(folder, { recursive: true });

const startedAt = performance.now();
const enforcement = await PinnedEnforcement.open({ objectPath: 'build/bpf/enforce.bpf.o', pinFolder });
const loadMs = Math.round(performance.now() - startedAt);
const hasLsm = enforcement.abilities.some(
  ({ section, mechanism }) => section === 'file' && mechanism === 'lsm',
);

let verdicts: KernelVerdict[] = [];
enforcement.onVerdicts((more) => verdicts.push(...more));
const open = enforcement.load(tablesOf({ file: { deny: ['/nowhere'] } }, 'open'));

function startBox(name: string, privileged: boolean): Promise<Box> {
  return Box.start(
    folder,
    name,
    ({ cgroups }) => enforcement.bind({ cgroups, set: open, failClosed: true, imageNs: 0n }),
    { privileged },
  );
}

const matches = (verdict: KernelVerdict, wanted: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(wanted).every(([key, value]) => {
    const found = verdict[key as keyof KernelVerdict]; // a case names fields of a verdict
    return value instanceof RegExp ? value.test(String(found)) : found === value;
  });

/** Cases name digests by the file that has them. */
async function withDigests(box: Box, { policy, digests = [] }: EnforcementCase): Promise<object> {
  let text = JSON.stringify(policy);
  for (const name of new Set([
    ...digests,
    ...[...text.matchAll(/"@([^"]+)"/g)].map((found) => found[1] ?? ''),
  ])) {
    const digest = await enforcement.recordDigest(`/proc/${box.pid}/root${name}`);
    if (digest === undefined) throw new Error(`no digest of ${name}`);
    text = text.replaceAll(`"@${name}"`, `"${digest}"`);
  }
  return JSON.parse(text) as object; // what was a policy's text before
}

async function tryCase(box: Box, each: EnforcementCase): Promise<string> {
  const { cgroups } = box;
  enforcement.bind({ cgroups, set: open, failClosed: true });
  if (each.prepare !== undefined) {
    const { code, output } = await box.run(each.prepare);
    if (code !== 0) return `preparing: exit ${code}: ${output}`;
  }
  const set = enforcement.load(tablesOf(await withDigests(box, each)));
  enforcement.bind({ cgroups, set, failClosed: true });
  verdicts = [];
  const { code, output } = await box.run(each.run);
  const wanted = each.verdict;
  const found = (): boolean =>
    wanted === undefined || verdicts.some((verdict) => verdict.set === set && matches(verdict, wanted));
  for (const until = Date.now() + VERDICT_MS; !found() && Date.now() < until; ) await sleep(5);
  if (wanted === undefined) await sleep(50);
  const said = `exit ${code}, printed ${JSON.stringify(output)}, verdicts ${JSON.stringify(verdicts.map(({ section, operation, object, outcome, unresolved, otherName, moved, comm }) => ({ section, operation, object: object.slice(-200), outcome, unresolved, otherName, moved, comm })))}`;
  if (!each.prints.test(output)) return `not as it should: ${said}`;
  if (!found()) return `no such verdict: ${said}`;
  if (wanted === undefined && verdicts.length > 0) return `a verdict without reason: ${said}`;
  return '';
}

const boxes = { plain: await startBox('box-plain', false), privileged: undefined as Box | undefined };
const cases: CaseResult[] = [];
for (const each of CASES) {
  if ((!hasLsm && each.everywhere !== true) || !pattern.test(each.name)) continue;
  if (each.privileged === true) boxes.privileged ??= await startBox('box-privileged', true);
  const box = each.privileged === true ? boxes.privileged : boxes.plain;
  let problem: string;
  try {
    problem = box === undefined ? 'no container' : await tryCase(box, each);
  } catch (error) {
    problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  cases.push({ name: each.name, problem });
  process.stdout.write(
    `${problem === '' ? 'ok' : 'FAILED'} ${each.name}${problem === '' ? '' : `\n    ${problem}`}\n`,
  );
}
await boxes.plain.close();
await boxes.privileged?.close();
const results: Results = { abilities: enforcement.abilities, hasLsm, loadMs, cases };
writeFileSync(join(folder, 'results.json'), JSON.stringify(results));
await enforcement.close();
if (process.env.RUNWARD_KEEP_PINS === undefined) PinnedEnforcement.detachAll(pinFolder);
process.stdout.write(`${cases.length} cases, load ${loadMs} ms\n`);
