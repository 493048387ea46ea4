import { join } from 'node:path';
import { type EvidenceLog, type KeySealer, openEvidence } from '@runward/evidence';
import {
  attestationOperations,
  changeOperations,
  evidenceOperations,
  fleetOperations,
  incidentOperations,
  liveOperations,
  makeApi,
  networkOperations,
  operatorDesk,
  peopleOperations,
  providerOperations,
  recordOperations,
  responseOperations,
  sessionOperations,
  settingsOperations,
  tokenOperations,
  trustOperations,
  workloadOperations,
} from './api/index.js';
import type { TrustNews } from './attestation/index.js';
import { type BackupOrder, type BackupSource, backUp } from './backup/index.js';
import { EvidenceChanges, EvidenceReader, unrecorded } from './changes/index.js';
import { Documents } from './documents/index.js';
import { messageOf, ServerError } from './error.js';
import { type GoverningSettings, startGoverning } from './governing.js';
import { Fleetwork } from './link/fleetwork.js';
import { Live } from './live/index.js';
import {
  firstAdmin,
  IdentityProvider,
  People,
  type ProviderSettings,
  resetAdmin,
  Sessions,
  Tokens,
} from './people/index.js';
import { KEEP_MS, type Link, type LinkSettings, startLink } from './server.js';
import { openState } from './state/index.js';

export interface ControlPlaneSettings extends LinkSettings, GoverningSettings {
  readonly api: {
    readonly host: string;
    readonly port: number;
    /** Names and addresses it is reached by, besides those of this machine. */
    readonly names: readonly string[];
    readonly provider?: ProviderSettings;
    /** The folder of the built pages; without it there is the API alone. */
    readonly pages?: string | undefined;
  };
  readonly version: string;
  /** Keeps the keys of the server's evidence log; without it they are on the disk. */
  readonly sealer?: KeySealer | undefined;
  /** The account `admin` gets a new password, and may everything again. */
  readonly resetAdmin?: boolean;
  /** Takes the lock of a file for as long as this process lives; undefined when another has it. */
  readonly hold: (path: string) => (() => void) | undefined;
}

export interface ControlPlane {
  readonly link: Link;
  readonly apiPort: number;
  /** Of a state that was empty, or of a reset: told once. */
  readonly admin: { readonly name: string; readonly password: string } | undefined;
  close(): Promise<void>;
}

/**
 * The whole server: the link to agents, and the API for people and programs.
 *
 * @throws ServerError, EvidenceError
 */
export async function startControlPlane(settings: ControlPlaneSettings): Promise<ControlPlane> {
  const { state, say, version, hold, api } = settings;
  const ends: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const folder = join(state, 'evidence');
    const evidence = await openEvidence(folder, {
      producer: `runward ${version}`,
      host: 'control-plane',
      sealer: settings.sealer,
      hold,
      say,
    });
    ends.push(() => evidence.close());
    const changes = new EvidenceChanges(evidence.log, folder);
    const link = await startLink({
      ...settings,
      changes,
      onTrust: (news) => void recordTrust(evidence.log, news),
    });
    ends.push(() => link.close());
    const database = await openState(join(state, 'state.sqlite'));
    ends.push(() => database.close());
    const [people, sessions, tokens] = [new People(database), new Sessions(database), new Tokens(database)];
    const provider = api.provider && new IdentityProvider(api.provider, database);
    const fleet = new Fleetwork(link.registry, link.server, link.attestation);
    const { certificate: cert, key } = await link.servingPeople(api.names);
    const { telemetry, commandKey } = link;
    const governing = startGoverning({
      ...{ ...settings, database, changes, fleet, telemetry, say, key: commandKey },
    });
    ends.push(() => governing.close());
    link.server.hand(governing.source);
    const operations = [
      ...sessionOperations(people, sessions),
      ...providerOperations(people, sessions, provider),
      ...peopleOperations(people),
      ...tokenOperations(tokens),
      ...fleetOperations(fleet),
      ...attestationOperations(link, fleet),
      ...responseOperations(fleet, telemetry),
      ...recordOperations(telemetry),
      ...trustOperations(telemetry),
      ...networkOperations(telemetry, new Documents(database)),
      ...workloadOperations(telemetry),
      ...incidentOperations(fleet, telemetry),
      ...liveOperations(new Live(telemetry, () => fleet.nodes(), say)),
      ...governing.operations,
      ...changeOperations(changes),
      ...evidenceOperations(new EvidenceReader(evidence.log, folder)),
      ...settingsOperations(shownSettings(settings, link)),
    ];
    link.answering({
      ...operatorDesk(operations, changes),
      backUp: (order, by) =>
        recordedBackup(
          { ...settings, ...link, copyState: (path) => database.copyTo(path) },
          order,
          by,
          changes,
        ),
    });
    const app = await makeApi({
      ...{ operations, people, sessions, tokens, changes, database, version, say },
      ...{ tls: { key, cert }, pages: api.pages },
    });
    ends.push(() => app.close());
    await app.listen({ host: api.host, port: api.port }).catch((cause: unknown) => {
      throw new ServerError(
        'SERVER_ADDRESS_UNUSABLE',
        `\`${api.host}:${api.port}\` cannot be listened at: ${messageOf(cause)}`,
        {
          help: 'choose another address with `--api`',
          cause,
        },
      );
    });
    const bound = app.server.address();
    return {
      link,
      apiPort: typeof bound === 'object' ? (bound?.port ?? api.port) : api.port,
      admin: await adminOf(people, settings, changes),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const recordTrust = (log: EvidenceLog, { node, before, after, by }: TrustNews) =>
  log.append('node.trust', { ...after, before, by, node: node.id, name: node.name, cluster: node.cluster });

/** Who has a back-up has what nodes told, and with its passphrase the authority: that it was made is on record first. */
async function recordedBackup(
  source: BackupSource,
  order: BackupOrder,
  by: string,
  changes: EvidenceChanges,
) {
  const { folder, passphrase } = order;
  if (changes.trouble !== undefined) throw unrecorded(changes.trouble);
  await changes.record({
    action: 'backUp',
    who: { id: `operator:${by}`, name: by, through: 'socket', address: 'socket' },
    target: folder,
    before: null,
    after: { keys: passphrase !== undefined },
  });
  const { hasKeys, files } = await backUp(source, order);
  return { folder, hasKeys, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function shownSettings(
  { version, keepMs = KEEP_MS, fourEyes = false, api }: ControlPlaneSettings,
  link: Link,
) {
  const provider = api.provider ? { name: api.provider.name, issuer: api.provider.issuer } : null;
  return { version, keepMs, fourEyes, provider, authority: link.authority, linkPort: link.server.port };
}

async function adminOf(
  people: People,
  { resetAdmin: isReset = false }: ControlPlaneSettings,
  changes: EvidenceChanges,
): Promise<ControlPlane['admin']> {
  const made = isReset ? await resetAdmin(people) : await firstAdmin(people);
  if (made === undefined) return undefined;
  const after = { password: isReset ? 'set by the operator of the server' : 'told at the first start' };
  await changes.record({
    action: 'startServer',
    who: null,
    target: `people named ${made.name}`,
    before: null,
    after,
  });
  return made;
}
