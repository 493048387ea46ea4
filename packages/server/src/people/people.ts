import { randomBytes } from 'node:crypto';
import { ServerError } from '../error.js';
import type { Database, Row } from '../state/index.js';
import { hashPassword } from './password.js';
import { EVERYWHERE, type Grant, may, type Role } from './roles.js';
import { newId } from './secret.js';

export interface Person {
  readonly id: string;
  /** For signing in; lower case. */
  readonly name: string;
  readonly displayName: string;
  readonly grants: readonly Grant[];
  readonly disabled: boolean;
  /** A password somebody else has set is good for one thing: to set another. */
  readonly mustChangePassword: boolean;
  readonly createdAt: number;
  readonly seenAt: number | null;
}

export interface NewPerson {
  readonly name: string;
  readonly displayName: string;
  readonly grants: readonly Grant[];
  readonly password: string;
}

export interface PersonChange {
  readonly displayName?: string | undefined;
  readonly grants?: readonly Grant[] | undefined;
  readonly disabled?: boolean | undefined;
}

/** Whom an identity provider vouches for. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly name: string;
  readonly displayName: string;
  readonly grants: readonly Grant[];
}

const text = (row: Row, column: string): string => String(row[column]);

export async function grantsOf(database: Database, person: string): Promise<readonly Grant[]> {
  const rows = await database.query(
    'SELECT role, cluster, namespace, workload FROM grants WHERE person = $1 ORDER BY role, cluster, namespace, workload',
    person,
  );
  return rows.map((row) => ({
    role: text(row, 'role') as Role, // what was written was checked
    cluster: text(row, 'cluster'),
    namespace: text(row, 'namespace'),
    workload: text(row, 'workload'),
  }));
}

/** Accounts of this server, with what they may. */
export class People {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#database.query('SELECT 1 AS one FROM people LIMIT 1')).length === 0;
  }

  /** After a name, in their order. */
  async list(after: string, limit: number): Promise<readonly Person[]> {
    const rows = await this.#database.query(
      'SELECT * FROM people WHERE name > $1 ORDER BY name LIMIT $2',
      after,
      limit,
    );
    return Promise.all(rows.map((row) => this.#person(this.#database, row)));
  }

  /** @throws ServerError SERVER_NOT_FOUND */
  get(id: string): Promise<Person> {
    return this.#get(this.#database, id);
  }

  async named(name: string): Promise<Person | undefined> {
    const [row] = await this.#database.query('SELECT * FROM people WHERE name = $1', name);
    return row && this.#person(this.#database, row);
  }

  /** Those with a password only; whoever comes through an identity provider has none. */
  async passwordOf(name: string): Promise<{ readonly id: string; readonly hash: string } | undefined> {
    const [row] = await this.#database.query(
      'SELECT id, password FROM people WHERE name = $1',
      name.toLowerCase(),
    );
    const hash = row?.password;
    return row === undefined || typeof hash !== 'string' ? undefined : { id: text(row, 'id'), hash };
  }

  /** @throws ServerError SERVER_CONFLICT */
  async create({ name, displayName, grants, password }: NewPerson, mustChange = true): Promise<Person> {
    const hash = await hashPassword(password);
    const id = newId();
    return this.#database.transaction(async (database) => {
      const made = await database.query(
        `INSERT INTO people (id, name, display_name, password, must_change, disabled, created_at)
         VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (name) DO NOTHING RETURNING id`,
        id,
        name,
        displayName,
        hash,
        mustChange ? 1 : 0,
        Date.now(),
      );
      if (made.length === 0)
        throw new ServerError('SERVER_CONFLICT', `there is an account \`${name}\``, {
          help: 'choose another name',
        });
      await setGrants(database, id, grants);
      return this.#get(database, id);
    });
  }

  /**
   * The account of somebody whom an identity provider vouches for, made when they come for the first time. What they may
   * is what the provider says now.
   *
   * @throws ServerError SERVER_CONFLICT when an account that is not theirs has the name
   */
  ofIdentity({ issuer, subject, name, displayName, grants }: Identity): Promise<Person> {
    return this.#database.transaction(async (database) => {
      const [known] = await database.query(
        'SELECT person FROM identities WHERE issuer = $1 AND subject = $2',
        issuer,
        subject,
      );
      const id = known === undefined ? newId() : text(known, 'person');
      if (known === undefined) {
        const made = await database.query(
          `INSERT INTO people (id, name, display_name, password, must_change, disabled, created_at)
           VALUES ($1, $2, $3, NULL, 0, 0, $4) ON CONFLICT (name) DO NOTHING RETURNING id`,
          ...[id, name, displayName, Date.now()],
        );
        if (made.length === 0)
          throw new ServerError('SERVER_CONFLICT', `there is another account \`${name}\``, {
            help: 'rename or remove it; an account with a password is never taken over by an identity',
          });
        await database.query(
          'INSERT INTO identities (issuer, subject, person) VALUES ($1, $2, $3)',
          issuer,
          subject,
          id,
        );
      }
      await database.query('UPDATE people SET display_name = $2 WHERE id = $1', id, displayName);
      await setGrants(database, id, grants);
      return this.#get(database, id);
    });
  }

  /** @throws ServerError SERVER_NOT_FOUND, SERVER_CONFLICT when nobody would be left who may change accounts */
  change(id: string, { displayName, grants, disabled }: PersonChange): Promise<Person> {
    return this.#database.transaction(async (database) => {
      const before = await this.#get(database, id);
      await database.query(
        'UPDATE people SET display_name = $2, disabled = $3 WHERE id = $1',
        id,
        displayName ?? before.displayName,
        (disabled ?? before.disabled) ? 1 : 0,
      );
      if (grants !== undefined) await setGrants(database, id, grants);
      if (disabled === true) await endSessions(database, id);
      await this.#keepAnAdmin(database);
      return this.#get(database, id);
    });
  }

  /** Ends all sessions of the account, also that of whoever asks. */
  async setPassword(id: string, password: string, mustChange: boolean): Promise<void> {
    const hash = await hashPassword(password);
    await this.#database.transaction(async (database) => {
      await this.#get(database, id);
      await database.query(
        'UPDATE people SET password = $2, must_change = $3 WHERE id = $1',
        id,
        hash,
        mustChange ? 1 : 0,
      );
      await endSessions(database, id);
    });
  }

  /** With its sessions and tokens. @throws ServerError SERVER_NOT_FOUND, SERVER_CONFLICT */
  remove(id: string): Promise<Person> {
    return this.#database.transaction(async (database) => {
      const before = await this.#get(database, id);
      await database.query('DELETE FROM people WHERE id = $1', id);
      await this.#keepAnAdmin(database);
      return before;
    });
  }

  async seen(id: string, at: number): Promise<void> {
    await this.#database.query('UPDATE people SET seen_at = $2 WHERE id = $1', id, at);
  }

  async #get(database: Database, id: string): Promise<Person> {
    const [row] = await database.query('SELECT * FROM people WHERE id = $1', id);
    if (row === undefined) throw new ServerError('SERVER_NOT_FOUND', `there is no account \`${id}\``);
    return this.#person(database, row);
  }

  async #person(database: Database, row: Row): Promise<Person> {
    const id = text(row, 'id');
    const seenAt = row.seen_at;
    return {
      id,
      name: text(row, 'name'),
      displayName: text(row, 'display_name'),
      grants: await grantsOf(database, id),
      disabled: row.disabled === 1,
      mustChangePassword: row.must_change === 1,
      createdAt: Number(row.created_at),
      seenAt: typeof seenAt === 'number' ? seenAt : null,
    };
  }

  async #keepAnAdmin(database: Database): Promise<void> {
    const rows = await database.query(
      "SELECT DISTINCT person FROM grants JOIN people ON people.id = grants.person WHERE disabled = 0 AND role = 'admin'",
    );
    for (const row of rows) if (may(await grantsOf(database, text(row, 'person')), 'people.manage')) return;
    throw new ServerError('SERVER_CONFLICT', 'nobody would be left who may manage accounts', {
      help: 'make somebody else an admin first',
    });
  }
}

async function setGrants(database: Database, person: string, grants: readonly Grant[]): Promise<void> {
  await database.query('DELETE FROM grants WHERE person = $1', person);
  for (const { role, cluster, namespace, workload } of grants)
    await database.query(
      'INSERT INTO grants (person, role, cluster, namespace, workload) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
      ...[person, role, cluster, namespace, workload],
    );
}

const endSessions = async (database: Database, person: string): Promise<void> =>
  void (await database.query('DELETE FROM sessions WHERE person = $1', person));

const everything: readonly Grant[] = [{ role: 'admin', ...EVERYWHERE }];
const newAdmin = () => ({ name: 'admin', password: randomBytes(15).toString('base64url') });

/** The first account of a new server: an admin with a password that is told once. */
export async function firstAdmin(people: People): Promise<{ name: string; password: string } | undefined> {
  if (!(await people.isEmpty())) return undefined;
  const account = newAdmin();
  await people.create({ ...account, displayName: 'Administrator', grants: everything }, false);
  return account;
}

/** `admin` as at the first start, for whoever has the machine and lost the password. */
export async function resetAdmin(people: People): Promise<{ name: string; password: string }> {
  const account = newAdmin();
  const known = await people.named(account.name);
  if (known === undefined)
    await people.create({ ...account, displayName: 'Administrator', grants: everything }, false);
  else {
    await people.change(known.id, { grants: everything, disabled: false });
    await people.setPassword(known.id, account.password, false);
  }
  return account;
}
