import { RunwardError } from '@runward/core';
import { ContainerGroups } from '../container/container-groups.js';
import { type Credential, findCredentials } from '../credentials/find-credentials.js';
import { RespondError } from '../error.js';
import type { Revocation, Revoked } from './revoker.js';
import { type Revoker, typeOf } from './table.js';

/** What became of one credential; nothing here has what it holds. */
export interface RevokedCredential {
  readonly revoker: string;
  readonly type: string;
  readonly from: 'env' | 'file';
  readonly name: string;
  readonly outcome: Revoked | 'failed';
  readonly error?: { readonly code: string; readonly message: string };
}

export interface RevocationReport {
  readonly credentials: readonly RevokedCredential[];
  readonly notes: readonly string[];
}

const AT_ONCE = 8;

/**
 * Has every revoker make void what the container holds of its kind, all of them at the same time.
 *
 * @throws RespondError RESPOND_VANISHED, RESPOND_NO_GROUP
 */
export async function revokeAll(
  revokers: readonly Revoker[],
  revocation: Revocation,
): Promise<RevocationReport> {
  const groups = ContainerGroups.of(revocation.subject);
  // All is read before anything is asked: what is revoked may end the container.
  const found = revokers.map((revoker) => ({
    revoker,
    ...findCredentials(groups, revoker.settings.credentials),
  }));
  const work = found.flatMap(({ revoker, credentials }) =>
    (typeOf(revoker.type).once === true ? credentials.slice(0, 1) : credentials).map((credential) => ({
      revoker,
      credential,
    })),
  );
  const done: RevokedCredential[] = [];
  for (let at = 0; at < work.length; at += AT_ONCE)
    done.push(
      ...(await Promise.all(
        work
          .slice(at, at + AT_ONCE)
          .map(({ revoker, credential }) => revokeOne(revoker, credential, revocation)),
      )),
    );
  const idle = found.filter(({ credentials }) => credentials.length === 0);
  return {
    credentials: done,
    notes: [
      ...found.flatMap(({ notes }) => notes),
      ...idle.map(
        ({ revoker }) => `the container holds nothing for the revoker \`${revoker.settings.name}\``,
      ),
    ],
  };
}

async function revokeOne(
  { type, settings }: Revoker,
  credential: Credential,
  revocation: Revocation,
): Promise<RevokedCredential> {
  const about = { revoker: settings.name, type, from: credential.from, name: credential.name };
  try {
    return { ...about, outcome: await typeOf(type).revoke(settings, credential, revocation) };
  } catch (error) {
    if (!(error instanceof RunwardError)) throw error;
    return { ...about, outcome: 'failed', error: { code: error.code, message: error.message } };
  }
}

/** What failed, as one error: one that may pass where one of them may. @throws RespondError */
export function mustBeRevoked({ credentials }: RevocationReport): void {
  if (credentials.length === 0)
    throw new RespondError('RESPOND_NOTHING_FOUND', 'the container holds nothing that a revoker is for', {
      help: '`credentials` in the settings of responses says where to look',
    });
  const failed = credentials.flatMap((each) =>
    each.error === undefined ? [] : [{ ...each, error: each.error }],
  );
  const [first] = failed;
  if (first === undefined) return;
  const mayPass = failed.some(({ error }) => error.code === 'RESPOND_UNREACHABLE');
  const where = `${first.from === 'env' ? 'the variable' : 'the file'} \`${first.name}\``;
  throw new RespondError(
    mayPass ? 'RESPOND_UNREACHABLE' : 'RESPOND_REFUSED',
    `${failed.length} of ${credentials.length} credentials were not revoked; of ${where}: ${first.error.message}`,
    { help: 'what is revoked already stays so; ask again for the rest' },
  );
}
