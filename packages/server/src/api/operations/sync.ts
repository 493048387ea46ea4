import { z } from 'zod';
import { type DocumentCheck, type Documents, sync } from '../../documents/index.js';
import { ServerError } from '../../error.js';
import { need, seenBy } from '../document-access.js';
import * as schema from '../document-schemas.js';
import { type Operation, operation } from '../operation.js';
import { actorOf, shownVersion } from './documents.js';

export interface SyncParts {
  readonly documents: Documents;
  readonly check: DocumentCheck;
  readonly fourEyes: boolean;
}

/** Documents whose truth is a repository. */
export function syncOperations({ documents, check, fourEyes }: SyncParts): readonly Operation[] {
  return [
    operation(
      {
        ...{ id: 'syncDocument', method: 'POST', path: '/documents/sync', tag: 'documents' },
        access: 'policies.approve',
        summary: 'Makes what a commit has an approved version; says what is otherwise here',
        body: z.strictObject({
          ...{ kind: schema.kind, name: schema.documentName, text: schema.documentText },
          ...{ cluster: schema.place.default('*'), namespace: schema.place.default('*') },
          commit: z.string().regex(/^[0-9a-f]{7,64}$/, 'is no commit'),
          path: z
            .string()
            .min(1)
            .max(1000)
            .regex(/^[^\p{Cc}]+$/u, 'has control characters'),
          author: z.string().trim().min(1).max(200),
          dryRun: z.boolean().default(false).describe('only say what would change'),
        }),
        answer: z.object({
          document: schema.document.nullable(),
          version: schema.versionInfo.nullable(),
          change: z.enum(['created', 'changed', 'approved', 'same']),
          drift: z.string().describe('what is otherwise here than in the repository'),
          warnings: z.array(schema.diagnostic),
        }),
      },
      async ({ body: { commit, path, dryRun, ...text }, changed }, caller) => {
        need(caller, 'policies.write', text);
        need(caller, 'policies.approve', text);
        // Who wrote it is what the caller says: with four eyes only the operator of the machine is believed.
        if (fourEyes && caller.through !== 'socket')
          throw new ServerError(
            'SERVER_NOT_ALLOWED',
            'a repository is synced from the machine of the server here',
            {
              help: 'run `runward server sync` there: the server was started with `--four-eyes`',
            },
          );
        const [there] = await documents.list(text);
        if (there !== undefined) seenBy(caller, there);
        const warnings = check.accept(text);
        const committed = { ...text, source: `git ${commit} ${path}` };
        const synced = await sync(documents, committed, { by: actorOf(caller), dryRun });
        if (!dryRun && synced.change !== 'same' && synced.document !== null && synced.version !== null)
          changed({
            target: `documents/${synced.document.id}/versions/${synced.version.number}`,
            before: there === undefined ? null : { latest: there.latest },
            after: { ...shownVersion(synced.version), drift: synced.drift },
          });
        return { ...synced, warnings };
      },
    ),
  ];
}
