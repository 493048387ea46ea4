import type { KeyObject } from 'node:crypto';
import type { SourceFile } from '@runward/yaml';
import {
  clusterOperations,
  documentOperations,
  environmentOperations,
  type Operation,
  rolloutOperations,
  syncOperations,
} from './api/index.js';
import type { Changes } from './changes/index.js';
import { Bundles, Clusters, Standings } from './distribution/index.js';
import { DocumentCheck, Documents } from './documents/index.js';
import type { Fleetwork } from './link/fleetwork.js';
import type { BundleSource } from './link/link-server.js';
import { Conductor, RolloutDesk, Rollouts } from './rollouts/index.js';
import type { Database } from './state/index.js';
import type { Telemetry } from './telemetry/telemetry.js';

export interface GoverningSettings {
  /** Nobody approves what they wrote themselves. */
  readonly fourEyes?: boolean;
  /** Rules that nodes have besides, on which rules of a document may build. */
  readonly baseRules?: () => readonly SourceFile[];
  /** Between looks at running roll-outs. */
  readonly conductEveryMs?: number;
}

export interface GoverningParts extends GoverningSettings {
  readonly database: Database;
  readonly changes: Changes;
  readonly fleet: Fleetwork;
  readonly telemetry: Telemetry;
  /** Signs what nodes are to hold. */
  readonly key: KeyObject;
  readonly say: (message: string) => void;
}

export interface Governing {
  readonly operations: readonly Operation[];
  readonly source: BundleSource;
  readonly conductor: Conductor;
  close(): Promise<void>;
}

/** Documents from draft to force: kept, decided about, brought to nodes and taken back. */
export function startGoverning(parts: GoverningParts): Governing {
  const { database, changes, fleet, telemetry, key, say, fourEyes = false } = parts;
  const documents = new Documents(database);
  const rollouts = new Rollouts(database);
  const [standings, clusters] = [new Standings(database), new Clusters(database)];
  const bundles = new Bundles(database, rollouts, key);
  const nodes = (): ReturnType<Fleetwork['nodes']> => fleet.nodes();
  const desk = new RolloutDesk({ documents, rollouts, bundles, standings, clusters, nodes, telemetry });
  const { conductEveryMs: everyMs } = parts;
  const conductor = new Conductor({
    ...{ desk, documents, rollouts, changes, say },
    ...(everyMs !== undefined && { everyMs }),
  });
  const check = new DocumentCheck(parts.baseRules);
  return {
    operations: [
      ...documentOperations({ documents, check, fourEyes }),
      ...syncOperations({ documents, check, fourEyes }),
      ...rolloutOperations({ documents, rollouts, desk }),
      ...clusterOperations(clusters, fleet),
      ...environmentOperations({ documents, desk, clusters, telemetry }),
    ],
    source: {
      version: (node) => bundles.versionFor(node),
      bundle: (node) => bundles.signedFor(node),
      report: (node, standing) => standings.record(node.id, standing),
    },
    conductor,
    close: () => conductor.close(),
  };
}
