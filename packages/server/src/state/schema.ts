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
];
