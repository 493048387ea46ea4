import { z } from 'zod';
import type { Document, Documents } from '../../documents/index.js';
import { planSchema, type RolloutDesk, type Rollouts } from '../../rollouts/index.js';
import { need, seenBy } from '../document-access.js';
import * as schema from '../document-schemas.js';
import { type Caller, type Operation, operation } from '../operation.js';

export interface RolloutParts {
  readonly documents: Documents;
  readonly rollouts: Rollouts;
  readonly desk: RolloutDesk;
}

const why = z.string().trim().min(1).max(1000);

/** Versions on their way to nodes, and who holds which. */
export function rolloutOperations({ documents, rollouts, desk }: RolloutParts): readonly Operation[] {
  const common = { tag: 'roll-outs' } as const;
  const seen = async (id: string, caller: Caller): Promise<Document> =>
    seenBy(caller, await documents.get(id));
  const approvable = async (id: string, caller: Caller): Promise<Document> => {
    const document = await seen(id, caller);
    need(caller, 'policies.approve', document);
    return document;
  };
  return [
    operation(
      {
        ...{ id: 'startRollout', method: 'POST', path: '/documents/{id}/rollouts', ...common },
        access: 'policies.approve',
        summary: 'Brings an approved version to nodes in stages; what goes wrong takes it back',
        params: schema.documentParams,
        body: z.strictObject({ version: schema.versionNumber, plan: planSchema.prefault({}) }),
        answer: schema.rollout,
        status: 201,
      },
      async ({ params: { id }, body: { version, plan }, changed }, caller) => {
        const document = await approvable(id, caller);
        const { digest } = await documents.version(id, version);
        const begun = await desk.begin(document, version, plan, caller.person.name);
        changed({
          target: `documents/${id}/versions/${version}`,
          before: { inForce: document.inForce },
          after: { rollout: begun.id, sha256: digest, plan: begun.plan, nodes: begun.nodes.length },
        });
        return begun;
      },
    ),
    operation(
      {
        ...{ id: 'listRollouts', method: 'GET', path: '/documents/{id}/rollouts', ...common, access: 'read' },
        summary: 'The last 100 roll-outs of a document, the newest first',
        params: schema.documentParams,
        answer: z.array(schema.rollout),
      },
      async ({ params: { id } }, caller) => rollouts.of((await seen(id, caller)).id),
    ),
    operation(
      {
        ...{
          id: 'getRolloutStatus',
          method: 'GET',
          path: '/documents/{id}/rollout',
          ...common,
          access: 'read',
        },
        summary: 'The roll-out that is running, and what it waits for',
        params: schema.documentParams,
        answer: z.object({
          rollout: schema.rollout.nullable(),
          next: z.enum(['wait', 'held', 'advance', 'back']).nullable(),
          why: z.string().describe('what it waits for, or why it goes back'),
        }),
      },
      async ({ params: { id } }, caller) => {
        const document = await seen(id, caller);
        const rollout = await rollouts.runningOf(id);
        if (rollout === undefined) return { rollout: null, next: null, why: '' };
        const judged = await desk.lastJudged(rollout, document);
        return { rollout, next: judged.next, why: 'why' in judged ? judged.why : '' };
      },
    ),
    operation(
      {
        ...{ id: 'rollBack', method: 'POST', path: '/documents/{id}/rollback', ...common },
        access: 'policies.approve',
        summary:
          'Ends a running roll-out, or takes what is in force back to what was before it; at once, everywhere',
        params: schema.documentParams,
        body: z.strictObject({ why }),
        answer: z.object({ from: z.number(), to: z.number().nullable() }),
      },
      async ({ params: { id }, body, changed }, caller) => {
        const document = await approvable(id, caller);
        const running = await rollouts.runningOf(id);
        if (running !== undefined) await rollouts.back(running, `${body.why} (${caller.person.name})`);
        const { from, to } =
          running === undefined ? await rollouts.revert(id) : { from: running.version, to: document.inForce };
        changed({
          target: `documents/${id}/versions/${from}`,
          before: { inForce: document.inForce, rollout: running?.id ?? null },
          after: { inForce: to, why: body.why },
        });
        return { from, to };
      },
    ),
    operation(
      {
        ...{ id: 'withdrawDocument', method: 'POST', path: '/documents/{id}/withdraw', ...common },
        access: 'policies.approve',
        summary: 'Takes the document out of force everywhere, at once',
        params: schema.documentParams,
        body: z.strictObject({ why }),
        answer: schema.document,
      },
      async ({ params: { id }, body, changed }, caller) => {
        const document = await approvable(id, caller);
        await rollouts.withdraw(id);
        changed({
          target: `documents/${id}`,
          before: { inForce: document.inForce },
          after: { inForce: null, why: body.why },
        });
        return documents.get(id);
      },
    ),
    operation(
      {
        ...{ id: 'listHolders', method: 'GET', path: '/documents/{id}/nodes', ...common, access: 'read' },
        summary: 'Which node is to hold which version, and what it says of that',
        params: schema.documentParams,
        answer: z.array(schema.holder),
      },
      async ({ params: { id } }, caller) => {
        const document = await seen(id, caller);
        const isVisible = (cluster: string): boolean =>
          caller.grants.some((grant) => grant.cluster === '*' || grant.cluster === cluster);
        return (await desk.holders(document)).filter(({ node }) => isVisible(node.cluster));
      },
    ),
  ];
}
