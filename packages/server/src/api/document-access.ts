import type { Document, DocumentScope } from '../documents/index.js';
import { ServerError } from '../error.js';
import { may, type Permission, scopesOf } from '../people/index.js';
import type { Caller } from './operation.js';

const meets = (a: string, b: string): boolean => a === '*' || b === '*' || a === b;

/** Whether somebody may see a document: it holds where they see something. */
export const isSeen = ({ grants }: Caller, { cluster, namespace }: DocumentScope): boolean =>
  scopesOf(grants, 'read').some(
    (scope) => meets(scope.cluster, cluster) && meets(scope.namespace, namespace),
  );

/** Of a document that somebody does not see nothing is said. @throws ServerError SERVER_NOT_FOUND */
export function seenBy(caller: Caller, document: Document): Document {
  if (isSeen(caller, document)) return document;
  throw new ServerError('SERVER_NOT_FOUND', `there is no document \`${document.id}\``);
}

/** The permission has to be had in all of where the document holds. @throws ServerError SERVER_NOT_ALLOWED */
export function need(caller: Caller, permission: Permission, { cluster, namespace }: DocumentScope): void {
  if (may(caller.grants, permission, { cluster, namespace })) return;
  throw new ServerError(
    'SERVER_NOT_ALLOWED',
    `a document of cluster \`${cluster}\` and namespace \`${namespace}\` needs \`${permission}\` in all of both`,
    { help: 'choose a narrower cluster or namespace, or ask somebody who has it there' },
  );
}
