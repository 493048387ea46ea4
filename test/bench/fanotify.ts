/**
 * What fanotify costs a container: opens and starts of programs with and without, in turn, in one container. One JSON
 * line per figure, a ratio; `us` in `detail` has the time of one round.
 *
 *   scripts/node test/bench/fanotify.ts [ROUNDS]        (root; after `make build`)
 */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Order, Report } from '../e2e/fanotify/orders.ts';
import type { LoadResult } from './container.ts';
import { median, rounded } from './statistics.ts';

const rounds = Number(process.argv[2] ?? 7);
const folder = mkdtempSync(join(tmpdir(), 'runward-fanotify-'));
const name = `rwf-${process.pid}`;
const rootfs = join(folder, 'rootfs');
for (const each of ['bin', 'proc', 'dev', 'sys', 'srv/other', 'tmp'])
  mkdirSync(join(rootfs, each), { recursive: true });
execFileSync('gcc', ['-O2', '-static', '-o', join(rootfs, 'bin/load'), join(import.meta.dirname, 'load.c')]);
copyFileSync('/bin/busybox', join(rootfs, 'bin/busybox'));
writeFileSync(join(rootfs, 'srv/file'), 'content\n');
writeFileSync(join(rootfs, 'srv/other/file'), 'content\n');
writeFileSync(
  join(folder, 'config.json'),
  JSON.stringify({
    ociVersion: '1.0.2',
    root: { path: 'rootfs' },
    process: {
      user: { uid: 0, gid: 0 },
      cwd: '/',
      args: ['/bin/busybox', 'sleep', '3600'],
      env: ['PATH=/bin'],
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs' },
    ],
    linux: { cgroupsPath: `/${name}`, namespaces: ['ipc', 'uts', 'mount', 'pid'].map((type) => ({ type })) },
  }),
);
const runc = (...args: readonly string[]): string =>
  execFileSync('runc', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

const guard = spawn(process.execPath, [join(import.meta.dirname, '../e2e/fanotify/guard-process.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const replies = createInterface({ input: guard.stdout })[Symbol.asyncIterator]();
async function next(kind: Report['kind']): Promise<void> {
  for (;;) {
    const { value, done } = await replies.next();
    if (done === true) throw new Error('the guard has ended');
    const report = JSON.parse(value) as Report; // written by guard-process.ts
    if (report.kind === kind) return;
    if (report.kind === 'failed') throw new Error(report.text);
  }
}
async function order(what: Order, reply: Report['kind']): Promise<void> {
  guard.stdin.write(`${JSON.stringify(what)}\n`);
  await next(reply);
}

const load = (mode: string, count: number, path: string): number => {
  const { elapsedNs } = JSON.parse(
    runc('exec', name, '/bin/load', mode, `${count}`, `path=${path}`),
  ) as LoadResult;
  return elapsedNs / count / 1000;
};
const policy = (spec: string): string =>
  `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata:\n  name: bench\nspec:\n  mode: protect\n${spec}`;
const large = Array.from(
  { length: 10_000 },
  (_, i) => `      - /srv/many/${(i * 2654435761) % 4294967296}/${i}\n`,
).join('');

const small = policy(
  '  file:\n    deny:\n      - /srv/secret\n      - {directory: /srv/other, operations: [write]}\n',
);
const cases = [
  ['open_small', small, 'open', 20_000, '/srv/file'],
  ['open_10000_paths', policy(`  file:\n    deny:\n${large}`), 'open', 20_000, '/srv/file'],
  ['open_where_writing_is_denied', small, 'open', 2000, '/srv/other/file'],
  ['open_unwatched', small, 'open', 20_000, '/tmp/file'],
  ['exec_drift', policy('  process:\n    drift: deny\n'), 'forkexec', 500, '/srv/file'],
] as const; // biome-ignore format: a table

try {
  await next('ready');
  // What the container inherits stays open as long as it runs.
  execFileSync('runc', ['run', '--detach', '--bundle', folder, name], { stdio: 'ignore' });
  const { pid } = JSON.parse(runc('state', name)) as { pid: number };
  runc('exec', name, '/bin/busybox', 'touch', '/tmp/file');
  for (const [figure, spec, mode, count, path] of cases) {
    const without: number[] = [];
    const guarded: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await order({ kind: 'unbind', pid }, 'unbound');
      without.push(load(mode, count, path));
      await order({ kind: 'bind', pid, policy: spec }, 'bound');
      guarded.push(load(mode, count, path));
    }
    const value = rounded(median(guarded) / median(without));
    const us = { without: without.map(rounded), guarded: guarded.map(rounded) };
    console.log(
      JSON.stringify({ figure: `fanotify_${figure}`, value, unit: 'ratio', detail: { rounds, us } }),
    );
  }
} finally {
  guard.stdin.end(`${JSON.stringify({ kind: 'close' } satisfies Order)}\n`);
  runc('delete', '--force', name);
  rmSync(folder, { recursive: true });
}
