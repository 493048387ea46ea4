import { createHash } from 'node:crypto';
import type { DocumentKind } from '@runward/protocol';
import { ServerError } from '../error.js';
import { newId } from '../people/index.js';
import type { Database } from '../state/index.js';
import type { Actor, Document, DocumentScope, Version, VersionInfo } from './document.js';
import { after, type VersionState, type VersionStep } from './lifecycle.js';
import { documentOf, infoOf, numberOf, versionOf } from './rows.js';

export interface NewDocument extends DocumentScope {
  readonly kind: DocumentKind;
  readonly name: string;
  readonly owner: string;
}

export interface NewVersion {
  readonly text: string;
  readonly note: string;
  readonly author: Actor;
  /** '' of an editor. */
  readonly source: string;
}

export interface DocumentFilter {
  readonly kind?: DocumentKind | undefined;
  readonly name?: string | undefined;
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const SELECT = `SELECT d.*, v.number AS latest_number, v.state AS latest_state FROM documents d
  JOIN document_versions v ON v.document = d.id
   AND v.number = (SELECT MAX(number) FROM document_versions WHERE document = d.id)`;
const MOST_VERSIONS = 100_000;

/** Documents and their versions. What may follow what is said by `lifecycle.ts`, and who may do it by who calls. */
export class Documents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All of a kind and name, in the order of both. */
  async list({ kind, name }: DocumentFilter = {}): Promise<readonly Document[]> {
    const rows = await this.#database.query(
      `${SELECT} WHERE (d.kind = $1 OR $1 = '') AND (d.name = $2 OR $2 = '') ORDER BY d.kind, d.name`,
      kind ?? '',
      name ?? '',
    );
    return rows.map(documentOf);
  }

  /** @throws ServerError SERVER_NOT_FOUND */
  async get(id: string): Promise<Document> {
    const [row] = await this.#database.query(`${SELECT} WHERE d.id = $1`, id);
    if (row === undefined) throw new ServerError('SERVER_NOT_FOUND', `there is no document \`${id}\``);
    return documentOf(row);
  }

  /** With its first version. @throws ServerError SERVER_CONFLICT */
  async create({ kind, name, owner, cluster, namespace }: NewDocument, first: NewVersion): Promise<Document> {
    const id = newId();
    await this.#database.transaction(async (database) => {
      const made = await database.query(
        `INSERT INTO documents (id, kind, name, cluster, namespace, owner, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kind, name) DO NOTHING RETURNING id`,
        ...[id, kind, name, cluster, namespace, owner, Date.now()],
      );
      if (made.length === 0)
        throw new ServerError('SERVER_CONFLICT', `there is a document \`${kind}/${name}\``, {
          help: 'choose another name, or save a version of it',
        });
      await insertVersion(database, id, 1, first);
    });
    return this.get(id);
  }

  async setOwner(id: string, owner: string): Promise<void> {
    await this.#database.query('UPDATE documents SET owner = $1 WHERE id = $2', owner, id);
  }

  /** The newest first. */
  async versions(id: string, before: number, limit: number): Promise<readonly VersionInfo[]> {
    const rows = await this.#database.query(
      'SELECT * FROM document_versions WHERE document = $1 AND number < $2 ORDER BY number DESC LIMIT $3',
      id,
      before,
      limit,
    );
    return rows.map(infoOf);
  }

  /** @throws ServerError SERVER_NOT_FOUND */
  async version(id: string, number: number): Promise<Version> {
    const [row] = await this.#database.query(
      'SELECT * FROM document_versions WHERE document = $1 AND number = $2',
      id,
      number,
    );
    if (row === undefined) throw noVersion(number);
    return versionOf(row);
  }

  /** Another version, a draft; its number. @throws ServerError SERVER_CONFLICT when the newest has that text already */
  save(id: string, version: NewVersion): Promise<number> {
    return this.#database.transaction(async (database) => {
      const [last] = await database.query(
        'SELECT number, digest FROM document_versions WHERE document = $1 ORDER BY number DESC LIMIT 1',
        id,
      );
      if (last === undefined) throw new ServerError('SERVER_NOT_FOUND', `there is no document \`${id}\``);
      const number = numberOf(last, 'number') + 1;
      if (last.digest === digestOf(version.text))
        throw new ServerError('SERVER_CONFLICT', `version ${number - 1} has this text already`, {
          help: 'nothing was saved; submit that version, or roll it out',
        });
      if (number > MOST_VERSIONS)
        throw new ServerError('SERVER_CONFLICT', `a document has at most ${MOST_VERSIONS} versions`, {
          help: 'go on with a document of another name',
        });
      await insertVersion(database, id, number, version);
      return number;
    });
  }

  /** @throws ServerError SERVER_NOT_FOUND, SERVER_CONFLICT */
  async move(id: string, number: number, step: VersionStep): Promise<void> {
    await this.#database.transaction((database) => moveVersion(database, id, number, step));
  }

  /** As {@link move}, with who decided it. */
  async decide(
    id: string,
    number: number,
    step: 'approve' | 'reject',
    { by, note }: { readonly by: Actor; readonly note: string },
  ): Promise<void> {
    await this.#database.transaction(async (database) => {
      await moveVersion(database, id, number, step);
      await database.query(
        `UPDATE document_versions SET decided_by = $1, decided_name = $2, decided_at = $3, decision_note = $4
         WHERE document = $5 AND number = $6`,
        ...[by.id, by.name, Date.now(), note, id, number],
      );
    });
  }
}

async function insertVersion(
  database: Database,
  id: string,
  number: number,
  { text, note, author, source }: NewVersion,
): Promise<void> {
  await database.query(
    `INSERT INTO document_versions (document, number, text, digest, author, author_name, source, note, created_at, state)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'draft')`,
    ...[id, number, text, digestOf(text), author.id, author.name, source, note, Date.now()],
  );
}

/** In a transaction of the caller. @throws ServerError SERVER_NOT_FOUND, SERVER_CONFLICT */
export async function moveVersion(
  database: Database,
  id: string,
  number: number,
  step: VersionStep,
): Promise<void> {
  const [row] = await database.query(
    'SELECT state FROM document_versions WHERE document = $1 AND number = $2',
    id,
    number,
  );
  if (row === undefined) throw noVersion(number);
  const state = after(step, number, row.state as VersionState); // as this class wrote it
  await database.query(
    'UPDATE document_versions SET state = $1 WHERE document = $2 AND number = $3',
    ...[state, id, number],
  );
}

const noVersion = (number: number): ServerError =>
  new ServerError('SERVER_NOT_FOUND', `the document has no version ${number}`);
