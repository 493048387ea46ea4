import { join } from 'node:path';
import { makePrivateFolder } from './files.js';
import { Authority, type ServingIdentity } from './link/authority.js';
import { FileBook } from './link/book.js';
import { LinkServer } from './link/link-server.js';
import { Registry } from './link/registry.js';
import { EmbeddedTelemetry } from './telemetry/embedded-telemetry.js';
import type { Telemetry } from './telemetry/telemetry.js';

export interface LinkSettings {
  /** The state folder of the server. */
  readonly state: string;
  readonly host: string;
  readonly port: number;
  /** What the telemetry store may have of memory, MiB. */
  readonly memoryMib?: number;
  readonly say: (message: string) => void;
}

/** The part of a server that agents speak with, and what they told. */
export interface Link {
  readonly server: LinkServer;
  readonly registry: Registry;
  readonly telemetry: Telemetry;
  /** SHA-256 of the authority's certificate. */
  readonly authority: string;
  /** A certificate of the same authority for who is no node. */
  servingPeople(names: readonly string[]): Promise<ServingIdentity>;
  close(): Promise<void>;
}

/** @throws ServerError */
export async function startLink(settings: LinkSettings): Promise<Link> {
  const { state, host, port, say, memoryMib } = settings;
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
    });
    server = await LinkServer.open({ host, port, authority, registry, telemetry, say });
    const opened = server;
    const close = async (): Promise<void> => {
      await opened.close();
      await telemetry.close();
    };
    const servingPeople = (names: readonly string[]): Promise<ServingIdentity> =>
      authority.servingPeople(names);
    return { server, registry, telemetry, authority: authority.fingerprint, servingPeople, close };
  } catch (error) {
    await telemetry.close();
    throw error;
  }
}
