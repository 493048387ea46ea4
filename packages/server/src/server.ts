import type { KeyObject, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { AdminServer, type OperatorDesk } from './admin/admin-server.js';
import {
  Attestation,
  type OnDistrust,
  ReferenceBook,
  TpmDesk,
  TrustBook,
  type TrustNews,
} from './attestation/index.js';
import type { Changes } from './changes/index.js';
import { messageOf } from './error.js';
import { makePrivateFolder } from './files.js';
import { Authority, type ServingIdentity } from './link/authority.js';
import { FileBook } from './link/book.js';
import { LinkServer } from './link/link-server.js';
import { Registry } from './link/registry.js';
import { EmbeddedTelemetry } from './telemetry/embedded-telemetry.js';
import { forget, type Retention } from './telemetry/retention.js';
import type { Telemetry } from './telemetry/telemetry.js';

export interface LinkSettings {
  /** The state folder of the server. */
  readonly state: string;
  readonly host: string;
  readonly port: number;
  /** What the telemetry store may have of memory, MiB. */
  readonly memoryMib?: number;
  /** What nodes told is forgotten after so long; default 90 days. */
  readonly keepMs?: number;
  /** Of kinds that are kept for another time. */
  readonly keepByKindMs?: Retention['keepByKindMs'];
  readonly say: (message: string) => void;
  /** Where what is changed over the socket is put on record; without, it is not. */
  readonly changes?: Changes;
  readonly attestation?: AttestationSettings;
  /** Told when what is thought of a node changes. */
  readonly onTrust?: (news: TrustNews) => void;
}

/** How nodes are held to their TPMs. */
export interface AttestationSettings {
  /** How often a node has to prove itself; default 10 minutes. */
  readonly everyMs?: number;
  /** Default `alert`. */
  readonly onDistrust?: OnDistrust;
  /** Certificates of makers of TPMs. */
  readonly anchors?: readonly X509Certificate[];
  /** Nobody enrols without a TPM. */
  readonly isRequired?: boolean;
}

/** The part of a server that agents speak with, and what they told. */
export interface Link {
  readonly server: LinkServer;
  readonly registry: Registry;
  readonly telemetry: Telemetry;
  /** Calls with the files of what nodes told, while nothing is written to them. */
  readonly whileStill: (copy: (files: readonly string[]) => Promise<void>) => Promise<void>;
  readonly attestation: Attestation;
  readonly references: ReferenceBook;
  /** SHA-256 of the authority's certificate. */
  readonly authority: string;
  /** Signs what is said to nodes. */
  readonly commandKey: KeyObject;
  /** A certificate of the same authority for who is no node. */
  servingPeople(names: readonly string[]): Promise<ServingIdentity>;
  /** Who answers the operator's questions about everything else. */
  answering(operator: OperatorDesk): void;
  close(): Promise<void>;
}

const PRUNE_MS = 3_600_000;
/** What nodes told is kept so long where nothing else is said. */
export const KEEP_MS = 90 * 86_400_000;
const ATTEST_MS = 600_000;
const MOST_SWEEP_MS = 30_000;

/** Where the operator of the machine asks it. */
export const socketOfServer = (state: string): string => join(state, 'server.sock');

/** @throws ServerError */
export async function startLink(settings: LinkSettings): Promise<Link> {
  const { state, host, port, say, memoryMib, keepMs = KEEP_MS, keepByKindMs = {} } = settings;
  const {
    everyMs = ATTEST_MS,
    onDistrust = 'alert',
    anchors = [],
    isRequired = false,
  } = settings.attestation ?? {};
  makePrivateFolder(state);
  const telemetry = await EmbeddedTelemetry.open(
    join(state, 'telemetry.duckdb'),
    memoryMib === undefined ? {} : { memoryMib },
  );
  try {
    const authority = await Authority.open(join(state, 'authority'));
    let server: LinkServer | undefined;
    const registry = new Registry({
      ...{ authority, book: new FileBook(join(state, 'link')) },
      onRevoked: (id) => server?.cutOff(id),
      tpms: new TpmDesk({ anchors, isRequired, now: Date.now }),
    });
    const references = new ReferenceBook(join(state, 'link', 'reference'));
    const attestation = new Attestation({
      ...{ references, everyMs, onDistrust, trust: new TrustBook(join(state, 'link', 'trust')) },
      onChange: (news) => {
        say(newsText(news));
        settings.onTrust?.(news);
      },
      revoke: ({ id }, why) => void registry.revoke(id, why),
    });
    server = await LinkServer.open({ host, port, authority, registry, telemetry, attestation, say });
    const opened = server;
    const pruner = setInterval(() => {
      forget(telemetry, { keepMs, keepByKindMs }, Date.now()).catch((error: unknown) =>
        say(`what is too old cannot be removed: ${messageOf(error)}`),
      );
    }, PRUNE_MS).unref();
    const sweeper = setInterval(() => attestation.sweep(), Math.min(MOST_SWEEP_MS, everyMs / 2)).unref();
    const close = async (): Promise<void> => {
      clearInterval(pruner);
      clearInterval(sweeper);
      await admin.close();
      await opened.close();
      await telemetry.close();
    };
    const servingPeople = (names: readonly string[]): Promise<ServingIdentity> =>
      authority.servingPeople(names);
    const { fingerprint, commandKey } = authority;
    const answering = (operator: OperatorDesk): void => admin.answerBy(operator);
    const link = {
      ...{ server, registry, telemetry, attestation, references },
      ...{ authority: fingerprint, commandKey, servingPeople, answering, close },
      whileStill: (copy: (files: readonly string[]) => Promise<void>) => telemetry.whileStill(copy),
    };
    const admin = await AdminServer.open(socketOfServer(state), link, {
      say,
      changes: settings.changes,
    }).catch(async (error: unknown) => {
      clearInterval(pruner);
      clearInterval(sweeper);
      await opened.close();
      throw error;
    });
    return link;
  } catch (error) {
    await telemetry.close();
    throw error;
  }
}

const newsText = ({ node: { name, cluster }, after: { state, reason, detail } }: TrustNews): string =>
  `node \`${name}\` of \`${cluster}\` is ${state === 'failed' ? 'NOT TRUSTED' : state}${reason === '' ? '' : ` (${reason})`}: ${detail}`;
