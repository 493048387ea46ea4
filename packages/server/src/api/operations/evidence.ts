import { EvidenceError } from '@runward/evidence';
import { z } from 'zod';
import type { EvidenceReader } from '../../changes/index.js';
import { ServerError } from '../../error.js';
import { may } from '../../people/index.js';
import { type Caller, type Operation, operation } from '../operation.js';
import { afterOf, page, pageOf, pageQuery } from '../page.js';

const time = z.coerce.number().int().min(0).max(8_640_000_000_000).optional();
const record = z
  .object({
    seq: z.number().int(),
    time: z.string(),
    kind: z.string(),
    body: z.record(z.string(), z.unknown()),
    hash: z.string().describe('SHA-256 of what follows it in its line'),
    intact: z.boolean().describe('false: the hash is not that of the rest'),
  })
  .meta({ id: 'EvidenceRecord' });

const report = z
  .object({
    ...{ log: z.string(), segments: z.number(), records: z.number(), bytes: z.number() },
    ...{ first: z.number(), last: z.number(), firstTime: z.string(), lastTime: z.string() },
    keys: z.array(z.string()),
    ...{ lost: z.number().describe('counted by gaps'), errors: z.number() },
    findings: z.array(z.object({ severity: z.string(), code: z.string(), message: z.string() })),
  })
  .meta({ id: 'EvidenceReport' });

const proof = z
  .looseObject({ format: z.string() })
  .meta({ id: 'EvidenceProof', description: 'as `runward evidence check-proof` takes it' });

function sees({ grants }: Caller): void {
  if (!may(grants, 'people.manage'))
    throw new ServerError(
      'SERVER_NOT_ALLOWED',
      'the evidence log of the server is seen by whoever may manage people everywhere',
    );
}

/** The server's own evidence log: what it has, whether it is whole, and proofs of its records. */
export function evidenceOperations(evidence: EvidenceReader): readonly Operation[] {
  const common = { method: 'GET', tag: 'evidence', access: 'people.manage' } as const;
  return [
    operation(
      {
        ...{ id: 'listEvidence', path: '/evidence', ...common },
        summary: 'Records of the evidence log of the server, the newest first',
        query: z.object({
          kind: z
            .union([z.string().max(64), z.array(z.string().max(64)).max(20)])
            .transform((value) => [value].flat())
            .optional(),
          text: z.string().max(512).optional().describe('somewhere in the record, in any case'),
          ...{ since: time, until: time, ...pageQuery },
        }),
        answer: pageOf(record),
      },
      async ({ query: { kind, text, since, until, limit, cursor } }, caller) => {
        sees(caller);
        const after = afterOf(cursor);
        const found = await evidence.find(
          {
            ...{ text, sinceMs: since, untilMs: until },
            ...(kind && { kinds: kind }),
            ...(after !== '' && { beforeSeq: Number(after) }),
          },
          limit + 1,
        );
        const items = found.map(({ record: { seq, time: at, kind: what, body }, hash, intact }) => ({
          ...{ seq, time: at, kind: what, body, hash, intact },
        }));
        return page(items, limit, ({ seq }) => String(seq));
      },
    ),
    operation(
      {
        ...{ id: 'verifyEvidence', path: '/evidence/verification', ...common },
        summary: 'Reads the whole log, and says what is wrong with it',
        answer: report,
      },
      async (_request, caller) => {
        sees(caller);
        return evidence.verify();
      },
    ),
    operation(
      {
        ...{ id: 'proveEvidence', path: '/evidence/{seq}/proof', ...common },
        summary: 'What proves to others that a record is in the log',
        params: z.object({ seq: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER) }),
        answer: proof,
      },
      async ({ params: { seq } }, caller) => {
        sees(caller);
        try {
          return { ...(await evidence.prove(seq, caller.person.name)) };
        } catch (error) {
          if (!(error instanceof EvidenceError)) throw error;
          throw new ServerError('SERVER_NOT_FOUND', error.message, { help: error.help, cause: error });
        }
      },
    ),
  ];
}
