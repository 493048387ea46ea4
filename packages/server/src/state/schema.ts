import type { Migration } from './migrations.js';

export const SCHEMA: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE people (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        display_name TEXT NOT NULL,
        password TEXT,
        must_change INTEGER NOT NULL,
        disabled INTEGER NOT NULL,
        created_at BIGINT NOT NULL,
        seen_at BIGINT
      )`,
      `CREATE TABLE grants (
        person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        cluster TEXT NOT NULL,
        namespace TEXT NOT NULL,
        workload TEXT NOT NULL,
        PRIMARY KEY (person, role, cluster, namespace, workload)
      )`,
      `CREATE TABLE sessions (
        digest TEXT PRIMARY KEY,
        person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
        created_at BIGINT NOT NULL,
        used_at BIGINT NOT NULL
      )`,
      `CREATE TABLE tokens (
        id TEXT PRIMARY KEY,
        digest TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
        grants TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        used_at BIGINT
      )`,
      `CREATE TABLE answers (
        caller TEXT NOT NULL,
        key TEXT NOT NULL,
        request TEXT NOT NULL,
        status INTEGER,
        body TEXT,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (caller, key)
      )`,
    ],
  },
  {
    version: 2,
    statements: [
      `CREATE TABLE identities (
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
        PRIMARY KEY (issuer, subject)
      )`,
      `CREATE TABLE sign_ins (
        state TEXT PRIMARY KEY,
        browser TEXT NOT NULL,
        verifier TEXT NOT NULL,
        nonce TEXT NOT NULL,
        created_at BIGINT NOT NULL
      )`,
    ],
  },
  {
    version: 3,
    statements: [
      `CREATE TABLE documents (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        cluster TEXT NOT NULL,
        namespace TEXT NOT NULL,
        owner TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        in_force INTEGER,
        UNIQUE (kind, name)
      )`,
      `CREATE TABLE document_versions (
        document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        text TEXT NOT NULL,
        digest TEXT NOT NULL,
        author TEXT,
        author_name TEXT NOT NULL,
        source TEXT NOT NULL,
        note TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        state TEXT NOT NULL,
        decided_by TEXT,
        decided_name TEXT,
        decided_at BIGINT,
        decision_note TEXT,
        PRIMARY KEY (document, number)
      )`,
      `CREATE TABLE rollouts (
        id TEXT PRIMARY KEY,
        document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
        version INTEGER NOT NULL,
        former INTEGER,
        plan TEXT NOT NULL,
        stage INTEGER NOT NULL,
        nodes TEXT NOT NULL,
        state TEXT NOT NULL,
        why TEXT NOT NULL,
        begun_by TEXT NOT NULL,
        began_at BIGINT NOT NULL,
        stage_at BIGINT NOT NULL,
        held_at BIGINT,
        ended_at BIGINT
      )`,
      `CREATE UNIQUE INDEX rollouts_running ON rollouts (document) WHERE state = 'running'`,
      `CREATE INDEX rollouts_document ON rollouts (document, began_at)`,
      `CREATE TABLE bundles (
        node TEXT PRIMARY KEY,
        version BIGINT NOT NULL,
        digest TEXT NOT NULL
      )`,
      `CREATE TABLE node_documents (
        node TEXT NOT NULL,
        document TEXT NOT NULL,
        version INTEGER NOT NULL,
        state TEXT NOT NULL,
        holds INTEGER,
        why TEXT NOT NULL,
        reported_at BIGINT NOT NULL,
        PRIMARY KEY (node, document)
      )`,
      `CREATE TABLE clusters (
        name TEXT PRIMARY KEY,
        environment TEXT NOT NULL
      )`,
    ],
  },
];
