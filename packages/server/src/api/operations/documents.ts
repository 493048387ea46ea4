import { z } from 'zod';
import {
  type Actor,
  type Document,
  type DocumentCheck,
  type Documents,
  diffLines,
  type VersionInfo,
} from '../../documents/index.js';
import { ServerError } from '../../error.js';
import { isSeen, need, seenBy } from '../document-access.js';
import * as schema from '../document-schemas.js';
import { type Caller, type Operation, operation } from '../operation.js';
import { afterOf, page, pageOf, pageQuery } from '../page.js';

export interface DocumentParts {
  readonly documents: Documents;
  readonly check: DocumentCheck;
  /** Nobody approves what they wrote themselves. */
  readonly fourEyes: boolean;
}

const MOST_DOCUMENTS = 2000;

export const actorOf = ({ person }: Caller): Actor => ({ id: person.id, name: person.name });

/** As a record shows a version: never its text, always the digest of it. */
export const shownVersion = ({ number, state, digest, note, source }: VersionInfo) => ({
  ...{ number, state, sha256: digest, note, source },
});

/** Policies, rules, playbooks and drills, and what is decided about their versions. */
export function documentOperations({ documents, check, fourEyes }: DocumentParts): readonly Operation[] {
  const common = { tag: 'documents' } as const;
  const seen = async (id: string, caller: Caller): Promise<Document> =>
    seenBy(caller, await documents.get(id));
  return [
    operation(
      {
        ...{ id: 'listDocuments', method: 'GET', path: '/documents', ...common, access: 'read' },
        summary: 'Policies, rules, playbooks and drills, by kind and name',
        query: z.object({
          ...{ kind: schema.kind.optional(), name: schema.documentName.optional(), ...pageQuery },
        }),
        answer: pageOf(schema.document),
      },
      async ({ query: { limit, cursor, ...filter } }, caller) => {
        const key = ({ kind, name }: Document): string => `${kind} ${name}`;
        const after = afterOf(cursor);
        const found = (await documents.list(filter)).filter(
          (each) => isSeen(caller, each) && key(each) > after,
        );
        return page(found.slice(0, limit + 1), limit, key);
      },
    ),
    operation(
      {
        ...{ id: 'createDocument', method: 'POST', path: '/documents', ...common, access: 'policies.write' },
        summary: 'A new document with a first version, which is a draft',
        body: z.strictObject({
          ...{ kind: schema.kind, name: schema.documentName, owner: schema.owner.optional() },
          cluster: schema.place.default('*'),
          namespace: schema.place.default('*').describe('of policies alone'),
          ...{ text: schema.documentText, note: schema.note.default('') },
        }),
        answer: z.object({ document: schema.document, warnings: z.array(schema.diagnostic) }),
        status: 201,
      },
      async ({ body: { text, note, owner, ...made }, changed }, caller) => {
        need(caller, 'policies.write', made);
        const warnings = check.accept({ ...made, text });
        if ((await documents.list()).length >= MOST_DOCUMENTS)
          throw new ServerError('SERVER_CONFLICT', `there are ${MOST_DOCUMENTS} documents already`, {
            help: 'save versions of those there are',
          });
        const document = await documents.create(
          { ...made, owner: owner ?? caller.person.name },
          { text, note, author: actorOf(caller), source: '' },
        );
        const first = await documents.version(document.id, 1);
        changed({
          target: `documents/${document.id}`,
          before: null,
          after: { ...made, ...shownVersion(first) },
        });
        return { document, warnings };
      },
    ),
    operation(
      {
        ...{ id: 'checkDocument', method: 'POST', path: '/documents/check', ...common },
        access: 'policies.write',
        summary: 'Says what is wrong with a text, as saving it would; keeps nothing',
        body: z.strictObject({
          ...{ kind: schema.kind, name: schema.documentName.default('draft') },
          ...{ cluster: schema.place.default('*'), namespace: schema.place.default('*') },
          text: z.string().max(512 * 1024),
        }),
        answer: z.array(schema.diagnostic),
      },
      async ({ body }) => check.diagnose(body),
    ),
    operation(
      {
        ...{ id: 'getDocument', method: 'GET', path: '/documents/{id}', ...common, access: 'read' },
        summary: 'One document',
        params: schema.documentParams,
        answer: schema.document,
      },
      async ({ params }, caller) => seen(params.id, caller),
    ),
    operation(
      {
        ...{ id: 'changeDocument', method: 'PATCH', path: '/documents/{id}', ...common },
        access: 'policies.write',
        summary: 'Says who answers for it',
        params: schema.documentParams,
        body: z.strictObject({ owner: schema.owner }),
        answer: schema.document,
      },
      async ({ params, body: { owner }, changed }, caller) => {
        const before = await seen(params.id, caller);
        need(caller, 'policies.write', before);
        await documents.setOwner(before.id, owner);
        changed({ target: `documents/${before.id}`, before: { owner: before.owner }, after: { owner } });
        return documents.get(before.id);
      },
    ),
    operation(
      {
        ...{ id: 'listVersions', method: 'GET', path: '/documents/{id}/versions', ...common, access: 'read' },
        summary: 'Its versions without their texts, the newest first',
        params: schema.documentParams,
        query: z.object(pageQuery),
        answer: pageOf(schema.versionInfo),
      },
      async ({ params, query: { limit, cursor } }, caller) => {
        const { id } = await seen(params.id, caller);
        const after = Number(afterOf(cursor) || Number.MAX_SAFE_INTEGER);
        const before = Number.isSafeInteger(after) ? after : 0;
        return page(await documents.versions(id, before, limit + 1), limit, ({ number }) => String(number));
      },
    ),
    operation(
      {
        ...{ id: 'saveVersion', method: 'POST', path: '/documents/{id}/versions', ...common },
        access: 'policies.write',
        summary: 'Another version, which is a draft; a text with errors is refused with their places',
        params: schema.documentParams,
        body: z.strictObject({ text: schema.documentText, note: schema.note.default('') }),
        answer: z.object({ version: schema.versionInfo, warnings: z.array(schema.diagnostic) }),
        status: 201,
      },
      async ({ params, body: { text, note }, changed }, caller) => {
        const document = await seen(params.id, caller);
        need(caller, 'policies.write', document);
        const warnings = check.accept({ ...document, text });
        const number = await documents.save(document.id, {
          ...{ text, note, author: actorOf(caller), source: '' },
        });
        const version = await documents.version(document.id, number);
        changed({
          target: `documents/${document.id}/versions/${number}`,
          before: shownVersion(await documents.version(document.id, number - 1)),
          after: shownVersion(version),
        });
        return { version, warnings };
      },
    ),
    operation(
      {
        ...{ id: 'getVersion', method: 'GET', path: '/documents/{id}/versions/{number}', ...common },
        access: 'read',
        summary: 'One version with its text',
        params: schema.versionParams,
        answer: schema.version,
      },
      async ({ params: { id, number } }, caller) => documents.version((await seen(id, caller)).id, number),
    ),
    operation(
      {
        ...{ id: 'diffVersions', method: 'GET', path: '/documents/{id}/diff', ...common, access: 'read' },
        summary: 'What one version says and another does not, by lines',
        params: schema.documentParams,
        query: z.object({ from: schema.versionNumber, to: schema.versionNumber }),
        answer: z.object({ lines: z.array(schema.diffLine) }),
      },
      async ({ params, query: { from, to } }, caller) => {
        const { id } = await seen(params.id, caller);
        const [before, after] = [await documents.version(id, from), await documents.version(id, to)];
        return { lines: diffLines(before.text, after.text) };
      },
    ),
    operation(
      {
        ...{
          id: 'submitVersion',
          method: 'POST',
          path: '/documents/{id}/versions/{number}/submit',
          ...common,
        },
        access: 'policies.write',
        summary: 'A draft is to be reviewed',
        params: schema.versionParams,
        answer: schema.versionInfo,
      },
      async ({ params: { id, number }, changed }, caller) => {
        const document = await seen(id, caller);
        need(caller, 'policies.write', document);
        const before = await documents.version(id, number);
        await documents.move(id, number, 'submit');
        const after = await documents.version(id, number);
        changed({
          target: `documents/${id}/versions/${number}`,
          before: shownVersion(before),
          after: shownVersion(after),
        });
        return after;
      },
    ),
    ...(['approve', 'reject'] as const).map((step) =>
      operation(
        {
          ...{ id: `${step}Version`, method: 'POST', ...common },
          path: `/documents/{id}/versions/{number}/${step}`,
          access: 'policies.approve',
          summary:
            step === 'approve'
              ? 'What was submitted may be rolled out; with four eyes not by its author'
              : 'What was submitted may not be rolled out',
          params: schema.versionParams,
          body: z.strictObject({ note: schema.note.default('') }),
          answer: schema.versionInfo,
        },
        async ({ params: { id, number }, body: { note }, changed }, caller) => {
          const document = await seen(id, caller);
          need(caller, 'policies.approve', document);
          const before = await documents.version(id, number);
          if (fourEyes && step === 'approve' && before.author.id === caller.person.id)
            throw new ServerError('SERVER_NOT_ALLOWED', 'nobody approves here what they wrote themselves', {
              help: 'ask somebody else who may approve there (the server was started with `--four-eyes`)',
            });
          await documents.decide(id, number, step, { by: actorOf(caller), note });
          const after = await documents.version(id, number);
          changed({
            target: `documents/${id}/versions/${number}`,
            before: shownVersion(before),
            after: { ...shownVersion(after), decision: note },
          });
          return after;
        },
      ),
    ),
  ];
}
