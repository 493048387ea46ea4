import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEvidence } from '@runward/evidence';
import type { SentRecord } from '@runward/protocol';
import type { FastifyInstance, InjectOptions } from 'fastify';
import {
  attestationOperations,
  changeOperations,
  evidenceOperations,
  fleetOperations,
  incidentOperations,
  liveOperations,
  makeApi,
  networkOperations,
  type Operation,
  peopleOperations,
  providerOperations,
  recordOperations,
  responseOperations,
  sessionOperations,
  settingsOperations,
  tokenOperations,
  trustOperations,
  workloadOperations,
} from '../api/index.js';
import { EvidenceChanges, EvidenceReader } from '../changes/index.js';
import { Documents } from '../documents/index.js';
import { type Governing, startGoverning } from '../governing.js';
import { Fleetwork } from '../link/fleetwork.js';
import { Live } from '../live/index.js';
import {
  EVERYWHERE,
  firstAdmin,
  type Grant,
  IdentityProvider,
  People,
  type ProviderSettings,
  type Role,
  Sessions,
  Tokens,
} from '../people/index.js';
import { type Link, startLink } from '../server.js';
import { type Database, openState } from '../state/index.js';
import { origin } from '../telemetry/testing/sample.js';

export interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Readonly<Record<string, unknown>>;
}

let tls: { readonly key: string; readonly cert: string } | undefined;

/** A key and a certificate of its own, made once in a run. */
export function certificate(): { readonly key: string; readonly cert: string } {
  if (tls !== undefined) return tls;
  const folder = mkdtempSync(join(tmpdir(), 'rw-server-tls-'));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost'],
    ],
    { stdio: 'ignore' },
  );
  tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true });
  return tls;
}

/** The API with its state in memory and a real evidence log in a folder of its own. */
export class TestServer {
  readonly failures: string[] = [];

  private constructor(
    readonly app: FastifyInstance,
    readonly people: People,
    readonly tokens: Tokens,
    readonly operations: readonly Operation[],
    readonly admin: { readonly name: string; readonly password: string },
    readonly folder: string,
    readonly link: Link,
    readonly governing: Governing,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(
    settings: {
      readonly perMinute?: number;
      readonly provider?: ProviderSettings;
      readonly fourEyes?: boolean;
    } = {},
  ): Promise<TestServer> {
    const folder = mkdtempSync(join(tmpdir(), 'rw-server-'));
    const database: Database = await openState(':memory:');
    const held = await openEvidence(join(folder, 'evidence'), {
      ...{ producer: 'test', host: 'test', hold: () => () => undefined },
    });
    const changes = new EvidenceChanges(held.log, join(folder, 'evidence'));
    const [people, sessions, tokens] = [new People(database), new Sessions(database), new Tokens(database)];
    const link = await startLink({
      state: join(folder, 'link'),
      host: '127.0.0.1',
      port: 0,
      say: () => undefined,
    });
    const provider = settings.provider && new IdentityProvider(settings.provider, database);
    const admin = await firstAdmin(people);
    if (admin === undefined) throw new Error('the state was not empty');
    const fleet = new Fleetwork(link.registry, link.server, link.attestation);
    const governing = startGoverning({
      ...{ database, changes, fleet, telemetry: link.telemetry, key: link.commandKey },
      // Looked at when a test says so.
      ...{ say: () => undefined, fourEyes: settings.fourEyes ?? false, conductEveryMs: 3_600_000 },
    });
    link.server.hand(governing.source);
    const operations = [
      ...sessionOperations(people, sessions),
      ...providerOperations(people, sessions, provider),
      ...fleetOperations(fleet),
      ...attestationOperations(link, fleet),
      ...responseOperations(fleet, link.telemetry),
      ...recordOperations(link.telemetry),
      ...trustOperations(link.telemetry),
      ...networkOperations(link.telemetry, new Documents(database)),
      ...workloadOperations(link.telemetry),
      ...incidentOperations(fleet, link.telemetry),
      ...liveOperations(new Live(link.telemetry, () => fleet.nodes())),
      ...governing.operations,
      ...peopleOperations(people),
      ...tokenOperations(tokens),
      ...changeOperations(changes),
      ...evidenceOperations(new EvidenceReader(held.log, join(folder, 'evidence'))),
      ...settingsOperations({
        ...{ version: '0.0.0', keepMs: 1000, fourEyes: false, provider: null },
        ...{ authority: link.authority, linkPort: link.server.port },
      }),
    ];
    const failures: string[] = [];
    const app = await makeApi({
      ...{ people, sessions, tokens, operations, changes, database, version: '0.0.0', tls: certificate() },
      ...{ say: (message) => failures.push(message), perMinute: settings.perMinute ?? 1_000_000 },
    });
    const server = new TestServer(
      app,
      people,
      tokens,
      operations,
      admin,
      folder,
      link,
      governing,
      async () => {
        await app.close();
        await governing.close();
        await link.close();
        await held.close();
        await database.close();
        rmSync(folder, { recursive: true });
      },
    );
    server.failures.push(...failures);
    Object.defineProperty(server, 'failures', { value: failures });
    return server;
  }

  close(): Promise<void> {
    return this.end();
  }

  async ask(
    method: Operation['method'],
    path: string,
    {
      body,
      headers,
      cookies,
    }: { body?: unknown; headers?: Record<string, string>; cookies?: Record<string, string> } = {},
  ): Promise<Answered> {
    const request: InjectOptions = {
      ...{ method, url: `/api/v1${path}`, headers: headers ?? {}, cookies: cookies ?? {} },
      ...(body === undefined ? {} : { payload: body as object }),
    };
    const { statusCode, payload, headers: answered } = await this.app.inject(request);
    const isJson = String(answered['content-type'] ?? '').includes('json');
    return {
      status: statusCode,
      body: isJson ? (JSON.parse(payload) as Record<string, unknown>) : {},
      headers: answered,
    };
  }

  /** The token of a new account with these grants. */
  async bearer(
    grants: readonly Grant[],
    name = `p${Math.random().toString(36).slice(2)}`,
  ): Promise<Record<string, string>> {
    const person = await this.people.create(
      { name, displayName: name, grants, password: 'a long enough password' },
      false,
    );
    const { secret } = await this.tokens.create(person.id, 'test', grants, Date.now() + 3_600_000);
    return { authorization: `Bearer ${secret}` };
  }

  /** As if a node of that cluster had told them. */
  async told(cluster: string, records: readonly SentRecord[]): Promise<void> {
    await this.link.telemetry.append(origin({ cluster }), records);
  }

  role(role: Role): Promise<Record<string, string>> {
    return this.bearer([{ role, ...EVERYWHERE }]);
  }

  /** Signed in with a password: the cookie, and the header of pages. */
  async signIn(name = this.admin.name, password = this.admin.password) {
    const answer = await this.ask('POST', '/session', { body: { name, password } });
    const [cookie = ''] = [answer.headers['set-cookie']].flat().map(String);
    const secret = /__Host-runward=([^;]*)/.exec(cookie)?.[1] ?? '';
    return {
      ...{ answer, cookie, cookies: { '__Host-runward': secret } },
      headers: { 'x-runward-page': String(answer.body.proof) },
    };
  }
}
