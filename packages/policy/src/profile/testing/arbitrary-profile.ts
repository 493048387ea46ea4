import fc from 'fast-check';
import { FILE_OPERATIONS } from '../../model/policy.js';
import type { ContainerCoverage, Seen, WorkloadProfile } from '../profile.js';

const ms = fc.integer({ min: 1, max: 1_000_000 });
const seen: fc.Arbitrary<Seen> = fc
  .record({
    count: fc.nat(99),
    a: ms,
    b: ms,
    startup: fc.boolean(),
    steady: fc.boolean(),
    replicas: fc.nat(5),
  })
  .map(({ a, b, count, replicas, ...phases }) => ({
    ...phases,
    count: count + 1,
    replicas: replicas + 1,
    firstMs: Math.min(a, b),
    lastMs: Math.max(a, b),
  }));
/** Few values, so that profiles meet. */
const program = fc.constantFrom('/usr/sbin/nginx', '/bin/sh', '/app/server');
const by = fc.uniqueArray(program, { maxLength: 3 }).map((list) => list.toSorted());
const path = fc.constantFrom(
  '/etc/passwd',
  '/etc/shadow',
  '/tmp/a1b2c3',
  '/var/log/app/2026-11-24.log',
  '/data/base/16384/2619',
  '/proc/self/status',
);
const named = (names: readonly string[]) =>
  fc.uniqueArray(
    fc
      .tuple(fc.constantFrom(...names), by, fc.constantFrom('seen' as const, 'inferred' as const), seen)
      .map(([name, who, evidence, s]) => ({ name, by: who, evidence, ...s })),
    { maxLength: 4, selector: (n) => n.name },
  );
const container: fc.Arbitrary<ContainerCoverage> = fc
  .record({ id: fc.constantFrom('c1', 'c2', 'c3'), a: ms, b: ms, fromStart: fc.boolean() })
  .map(({ id, a, b, fromStart }) => {
    const [firstMs, lastMs] = [Math.min(a, b), Math.max(a, b)];
    return { id, firstMs, lastMs, watchedMs: lastMs - firstMs, fromStart };
  });

/** Profiles of one workload, with all numbers that follow from others as they would be. */
export const arbitraryProfile: fc.Arbitrary<WorkloadProfile> = fc
  .record({
    containers: fc.uniqueArray(container, { maxLength: 3, selector: (c) => c.id }),
    session: fc.constantFrom('s1', 's2'),
    lost: fc.nat(9),
    lastNewMs: ms,
    callsCounted: fc.constantFrom(undefined, true, false),
    processes: fc.uniqueArray(
      fc
        .tuple(
          program,
          fc.constantFrom('', '/bin/sh'),
          fc.boolean(),
          fc.uniqueArray(fc.string(), { maxLength: 3 }),
          seen,
        )
        .map(([path_, parent, upperLayer, samples, s]) => ({
          path: path_,
          parent,
          upperLayer,
          memfd: false,
          setuid: false,
          argumentSamples: samples.toSorted(),
          ...s,
        })),
      { maxLength: 4, selector: (p) => `${p.path} ${p.parent}` },
    ),
    files: fc.uniqueArray(
      fc
        .tuple(
          path,
          fc.uniqueArray(fc.constantFrom(...FILE_OPERATIONS), { minLength: 1, maxLength: 3 }),
          by,
          fc.boolean(),
          fc.constantFrom('root' as const, 'volume' as const, 'unknown' as const),
          seen,
        )
        .map(([path_, operations, who, ownerOnly, mount, s]) => ({
          path: path_,
          operations: FILE_OPERATIONS.filter((name) => operations.includes(name)),
          by: who,
          ownerOnly,
          mount,
          ...s,
        })),
      { maxLength: 5, selector: (f) => f.path },
    ),
    network: fc.uniqueArray(
      fc
        .tuple(fc.constantFrom('10.0.0.1', '10.0.0.2'), fc.constantFrom(80, 443), by, seen)
        .map(([address, port, who, s]) => ({
          operation: 'connect' as const,
          family: 'ipv4' as const,
          protocol: 'tcp' as const,
          address,
          port,
          names: [],
          by: who,
          ...s,
        })),
      { maxLength: 3, selector: (n) => `${n.address} ${n.port}` },
    ),
    capabilities: named(['CHOWN', 'SETUID', 'NET_RAW']),
    syscalls: named(['openat', 'connect', 'mount']),
    kernelSurface: named(['mount', 'io-uring']),
    flag: fc.boolean(),
    uids: fc.uniqueArray(fc.nat(3), { maxLength: 3 }),
  })
  .map(({ containers, session, lost, lastNewMs, callsCounted, flag, uids, ...sections }) => ({
    format: 1 as const,
    workload: 'web',
    images: ['nginx:1'],
    imageDigests: [],
    namespaces: [],
    containerNames: ['web'],
    coverage: {
      firstMs: containers.length === 0 ? 0 : Math.min(...containers.map((c) => c.firstMs)),
      lastMs: Math.max(0, ...containers.map((c) => c.lastMs)),
      watchedMs: containers.reduce((sum, c) => sum + c.watchedMs, 0),
      replicas: containers.length,
      starts: containers.filter((c) => c.fromStart).length,
      sessions: 1,
      lastNewMs,
      lostRecords: lost,
      containers: containers.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      sessionList: [{ id: session, lostRecords: lost }],
      ...(callsCounted === undefined ? {} : { callsCounted }),
      omitted: {},
    },
    ...sections,
    privilege: {
      setuidExecution: flag,
      gainedPrivileges: false,
      wroteRoot: flag,
      uids: uids.toSorted((a, b) => a - b),
    },
  }));
