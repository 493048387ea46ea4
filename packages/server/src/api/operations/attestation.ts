import { TRUST_STATES } from '@runward/protocol';
import { z } from 'zod';
import { isStale, makeReference, type Reference } from '../../attestation/index.js';
import { ServerError } from '../../error.js';
import type { Fleetwork } from '../../link/fleetwork.js';
import { may } from '../../people/index.js';
import type { Link } from '../../server.js';
import { type Caller, type Operation, operation } from '../operation.js';
import { nodeId, nodeOf } from './fleet.js';

const DAY_MS = 86_400_000;

const time = z.number().describe('milliseconds since the epoch');
const verdict = {
  state: z.enum(TRUST_STATES),
  reason: z.string().describe('a word of docs/node-attestation.md; empty where it is trusted'),
  detail: z.string(),
};
const trust = z
  .object({
    ...{ ...verdict, sinceMs: time },
    isHeld: z.boolean().describe('only a decision brings it back'),
    judgedMs: time.nullable().describe('when its last quote was judged'),
    reference: z.number().nullable().describe('the version it was last trusted by'),
    tpm: z
      .object({
        kind: z.enum(['certified', 'pinned']),
        detail: z.string().describe('who vouches for the TPM, or why nobody does'),
      })
      .nullable()
      .describe('null: it enrolled without a TPM'),
    history: z.array(z.object({ atMs: time, ...verdict, by: z.string() })).describe('newest first'),
  })
  .meta({ id: 'NodeTrust' });

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

type Desk = Pick<Link, 'attestation' | 'references' | 'registry'>;

/** Whether nodes are what they are expected to be, and what that is. */
export function attestationOperations(desk: Desk, fleet: Fleetwork): readonly Operation[] {
  const { attestation, references, registry } = desk;
  /** With what is kept of it in the book. @throws ServerError SERVER_NOT_FOUND */
  const found = (id: string, caller: Caller) => {
    const { name, cluster } = nodeOf(fleet, id, caller);
    const node = registry.nodes.find((each) => each.id === id);
    if (node === undefined) throw new ServerError('SERVER_NOT_FOUND', `there is no node \`${id}\``);
    return { node, name, cluster };
  };
  const everywhere = (caller: Caller): void => {
    if (!may(caller.grants, 'fleet.manage', { cluster: '*' }))
      throw new ServerError(
        'SERVER_NOT_ALLOWED',
        'the reference of all nodes is set by who manages all clusters',
      );
  };
  const shown = (reference: Reference | undefined) => reference ?? null;
  return [
    operation(
      {
        ...{
          id: 'getNodeTrust',
          method: 'GET',
          path: '/nodes/{id}/trust',
          tag: 'attestation',
          access: 'read',
        },
        summary: 'Whether a node is what it is expected to be, since when, and what was thought before',
        params: z.object({ id: nodeId }),
        answer: trust,
      },
      async ({ params }, caller) => {
        const { node } = found(params.id, caller);
        const { state, reason, detail, sinceMs, isHeld, judgedMs, reference, history } = attestation.of(node);
        const { tpm } = node;
        return {
          ...{ state, reason, detail, sinceMs, isHeld, judgedMs, reference, history },
          tpm: tpm && {
            kind: tpm.proof.kind,
            detail: tpm.proof.kind === 'certified' ? tpm.proof.issuer : tpm.proof.why,
          },
        };
      },
    ),
    operation(
      {
        ...{ id: 'trustNode', method: 'POST', path: '/nodes/{id}/trust', tag: 'attestation' },
        access: 'fleet.manage',
        summary: 'A node that failed may prove itself again; it is trusted when it does',
        params: z.object({ id: nodeId }),
        body: z.strictObject({ why: z.string().trim().min(1).max(1000) }),
      },
      async ({ params, body, changed }, caller) => {
        const { node, cluster } = found(params.id, caller);
        if (!may(caller.grants, 'fleet.manage', { cluster }))
          throw new ServerError(
            'SERVER_NOT_ALLOWED',
            `nodes of the cluster \`${cluster}\` are managed by others`,
          );
        const { state, reason } = attestation.of(node);
        const after = attestation.trust(node, caller.person.name, body.why);
        changed({
          target: `nodes/${node.id}/trust`,
          before: { state, reason },
          after: { state: after.state, reason: after.reason, why: body.why },
        });
      },
    ),
    operation(
      {
        ...{
          id: 'getReference',
          method: 'GET',
          path: '/attestation/reference',
          tag: 'attestation',
          access: 'read',
        },
        summary: 'What nodes are expected to be, and who set it when',
        answer: z.object({
          current: z.unknown().describe('as docs/node-attestation.md has it; null: none was set'),
          isStale: z.boolean(),
          history: z.array(
            z.object({
              version: z.number(),
              date: z.string(),
              expires: z.string(),
              setMs: time,
              by: z.string(),
            }),
          ),
        }),
      },
      async () => {
        const { current, history } = references;
        const isOver = current !== undefined && isStale(current, Date.now());
        return { current: shown(current), isStale: isOver, history };
      },
    ),
    operation(
      {
        ...{ id: 'setReference', method: 'PUT', path: '/attestation/reference', tag: 'attestation' },
        access: 'fleet.manage',
        summary: 'What nodes are expected to be from now on: all have to prove themselves anew',
        body: z.record(z.string(), z.unknown()).describe('as docs/node-attestation.md has it'),
        answer: z.object({ version: z.number() }),
      },
      async ({ body, changed }, caller) => {
        everywhere(caller);
        const before = references.current?.version ?? null;
        const { version, date, expires } = references.set(
          JSON.stringify(body),
          caller.person.name,
          Date.now(),
        );
        attestation.judgeAgain();
        changed({
          target: 'attestation/reference',
          before: before === null ? null : { version: before },
          after: { version, date, expires },
        });
        return { version };
      },
    ),
    operation(
      {
        ...{
          id: 'proposeReference',
          method: 'GET',
          path: '/nodes/{id}/reference',
          tag: 'attestation',
          access: 'read',
        },
        summary: 'A reference by which machines like this node are trusted, to be read before it is set',
        params: z.object({ id: nodeId }),
        query: z.object({
          events: z
            .enum(['true', 'false'])
            .default('false')
            .describe('digests of events in place of values of registers'),
          days: z.coerce.number().int().min(1).max(3650).default(90).describe('until it expires'),
        }),
        answer: z.unknown(),
      },
      async ({ params, query }, caller) => {
        const { node, name } = found(params.id, caller);
        const measured = attestation.measured(node);
        if (measured === undefined)
          throw new ServerError(
            'SERVER_NOT_FOUND',
            `the node \`${name}\` has not proven what it runs on yet`,
            {
              help: 'it has to be enrolled with a TPM and connected; `runward server node list` says how it is',
            },
          );
        const nowMs = Date.now();
        return makeReference(measured, {
          ...{
            profile: name,
            version: (references.current?.version ?? 0) + 1,
            byEvents: query.events === 'true',
          },
          ...{ date: day(nowMs), expires: day(nowMs + query.days * DAY_MS) },
        });
      },
    ),
  ];
}
