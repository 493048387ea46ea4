import { MODED, MODES, type ModedName } from '@runward/policy';
import { type ModeChange, modesOf, whoIs } from '@runward/state';
import { ControlError } from '../control/error.js';
import type { ControlRequest, Peer } from '../control/router.js';
import type { AppliedPolicies, PolicyText } from './applied-policies.js';
import { containerReports, lineReports, statusReport } from './reports.js';

/** What the routes of policies answer; loaded when the first is asked. */
export const answers = {
  list: listPolicies,
  apply: ({ applied }: Loaded, { body, peer }: ControlRequest) => {
    const { files, dryRun } = applyBody(body);
    return dryRun ? applied.rehearse(files, who(peer)) : applied.apply(files, who(peer));
  },
  mode: ({ applied }: Loaded, { body, peer }: ControlRequest) => applied.setMode(modeBody(body), who(peer)),
  promote: ({ applied }: Loaded, { body, peer }: ControlRequest) => {
    const { revision, evidence } = object(body);
    if (typeof revision !== 'number') throw invalid('`revision` is no number');
    return applied.promote(modeBody(body), revision, evidence, who(peer));
  },
  delete: ({ applied }: Loaded, { body, peer }: ControlRequest) =>
    applied.delete(texts(object(body).names, 'names'), who(peer)),
  status: async ({ applied: { service } }: Loaded, { query }: ControlRequest) => {
    await service.settled();
    return statusReport(service, query.has('abilities'));
  },
  containers: async ({ applied: { service } }: Loaded, request: ControlRequest) => {
    await service.settled();
    return { containers: containerReports(service, await service.everyone(), policyAsked(request)) };
  },
  lines: ({ applied }: Loaded, request: ControlRequest) => ({
    lines: lineReports(applied.service, policyAsked(request)),
  }),
  detach: async ({ applied }: Loaded, { peer }: ControlRequest) => ({
    detached: await applied.detach(who(peer)),
  }),
} as const;

interface Loaded {
  readonly applied: AppliedPolicies;
}

const who = ({ pid, uid }: Peer) => whoIs(pid, uid);
const policyAsked = ({ query }: ControlRequest): string | undefined => query.get('policy') ?? undefined;

async function listPolicies({ applied: { store, service } }: Loaded) {
  const { generation, policies } = await store.read();
  return {
    state: store.folder,
    problem: 'problem' in service.state ? service.state.problem : '',
    generation,
    policies: policies.map(({ policy, modes, ...stored }) => ({
      ...stored,
      owner: policy.owner,
      description: policy.description,
      version: policy.version,
      modes: modesOf(policy),
      modesSetByHand: modes,
    })),
  };
}

const invalid = (message: string): ControlError =>
  new ControlError('CONTROL_BODY_INVALID', message, {
    help: 'docs/control-socket.md says what this route takes',
  });

function object(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('the body is no object');
  return { ...body };
}

function texts(value: unknown, name: string): readonly string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw invalid(`\`${name}\` is no list of texts`);
}

function applyBody(body: unknown): { readonly files: readonly PolicyText[]; readonly dryRun: boolean } {
  const { files, dryRun = false } = object(body);
  if (typeof dryRun !== 'boolean') throw invalid('`dryRun` is neither true nor false');
  if (!Array.isArray(files)) throw invalid('`files` is no list');
  const read = files.map((file: unknown, index): PolicyText => {
    const { name, text } = object(file);
    if (typeof name !== 'string' || typeof text !== 'string')
      throw invalid(`\`files[${index}]\` has no \`name\` and \`text\``);
    return { name, text };
  });
  if (new Set(read.map(({ name }) => name)).size < read.length)
    throw invalid('two of `files` have the same name');
  return { files: read, dryRun };
}

function modeBody(body: unknown): ModeChange {
  const { name, sections, mode } = object(body);
  if (typeof name !== 'string') throw invalid('`name` is no text');
  const to = MODES.find((each) => each === mode);
  if (to === undefined) throw invalid(`\`mode\` is none of ${MODES.join(', ')}`);
  return { name, mode: to, sections: texts(sections ?? [], 'sections').map(sectionNamed) };
}

function sectionNamed(text: string): ModedName {
  const found = MODED.find((each) => each === text);
  if (found === undefined) throw invalid(`\`${text}\` is no section`);
  return found;
}
