/** One step of the schema of the store; each with its number in one transaction. Steps that were released stay as they are. */
export interface StoreStep {
  /** From 1 on, without a gap. */
  readonly version: number;
  readonly statements: readonly string[];
}

export const STORE_SCHEMA: readonly StoreStep[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE records (
        position BIGINT NOT NULL, time BIGINT NOT NULL, received BIGINT NOT NULL, skew BIGINT NOT NULL,
        kind VARCHAR NOT NULL, cluster VARCHAR NOT NULL, node VARCHAR NOT NULL, node_id VARCHAR NOT NULL,
        boot VARCHAR NOT NULL, seq BIGINT NOT NULL, priority VARCHAR NOT NULL, rule VARCHAR NOT NULL,
        namespace VARCHAR NOT NULL, workload VARCHAR NOT NULL, container VARCHAR NOT NULL, incident VARCHAR NOT NULL,
        body VARCHAR NOT NULL
      )`,
      `CREATE TABLE marks (
        node_id VARCHAR NOT NULL, boot VARCHAR NOT NULL, seq BIGINT NOT NULL, seen BIGINT NOT NULL,
        PRIMARY KEY (node_id, boot)
      )`,
    ],
  },
  {
    // Bodies in blocks of their own (ADR 0130). What was stored before keeps its body in its row: block 0.
    version: 2,
    statements: [
      'ALTER TABLE records ADD COLUMN block BIGINT DEFAULT 0',
      'ALTER TABLE records ADD COLUMN line INTEGER DEFAULT 0',
      `CREATE TABLE bodies (
        block BIGINT NOT NULL, kind VARCHAR NOT NULL, latest BIGINT NOT NULL, data BLOB NOT NULL
      )`,
    ],
  },
  {
    // Each incident as it was told last. Those of a store from before are found when it is opened.
    version: 3,
    statements: [
      `CREATE TABLE incidents (
        position BIGINT NOT NULL, time BIGINT NOT NULL, received BIGINT NOT NULL, skew BIGINT NOT NULL,
        kind VARCHAR NOT NULL, cluster VARCHAR NOT NULL, node VARCHAR NOT NULL, node_id VARCHAR NOT NULL,
        boot VARCHAR NOT NULL, seq BIGINT NOT NULL, priority VARCHAR NOT NULL, rule VARCHAR NOT NULL,
        namespace VARCHAR NOT NULL, workload VARCHAR NOT NULL, container VARCHAR NOT NULL, incident VARCHAR NOT NULL,
        body VARCHAR NOT NULL, block BIGINT NOT NULL, line INTEGER NOT NULL, state VARCHAR NOT NULL,
        PRIMARY KEY (node_id, incident)
      )`,
    ],
  },
];
