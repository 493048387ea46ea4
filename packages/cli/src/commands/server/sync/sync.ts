import { setTimeout as sleep } from 'node:timers/promises';
import { RunwardError } from '@runward/core';
import { type Command, EXIT, type Parsed, UsageError } from '../../../command.js';
import { durationOption } from '../../../quantity.js';
import { type AskApi, apiOf, SERVER_API_OPTIONS } from '../../../server-api.js';
import { SessionEnd } from '../../../session.js';
import { table, toJson, visible } from '../../../terminal.js';
import type { ShownDocument } from '../document/chosen.js';
import { PLAN_OPTIONS, planOf } from '../document/plan.js';
import { Repository, type RepositoryFile } from './repository.js';

export const sync: Command = {
  name: 'server sync',
  summary: 'make what a Git repository has the documents of the server',
  operands: '',
  about: `Reads a commit of a working copy: \`policies/\`, \`rules/\`, \`playbooks/\` and \`drills/\`, and the same below \`clusters/NAME/\` for one cluster.
Each file that is otherwise than the newest version becomes an approved one, with the commit as its source and its author. What was edited
elsewhere, and what is here and not there, is shown as drift. Exit code 1 when something was refused.

With --rollout what is approved and not in force begins to be rolled out; the options of \`server document rollout\` say how.`,
  options: {
    repo: { type: 'string', value: 'DIR', doc: 'the working copy (required)' },
    ref: { type: 'string', value: 'COMMIT', doc: 'a branch, tag or commit of it (default HEAD)' },
    interval: { type: 'string', value: 'TIME', doc: 'again and again, so far apart; without it once' },
    'dry-run': { type: 'boolean', doc: 'only say what would change' },
    rollout: { type: 'boolean', doc: 'roll out what is approved' },
    prune: { type: 'boolean', doc: 'withdraw documents of the repository whose file is gone' },
    ...PLAN_OPTIONS,
    json: { type: 'boolean', doc: 'one JSON object for each time' },
    ...SERVER_API_OPTIONS,
  },
  examples: [
    ['runward server sync --repo policies/ --dry-run', 'what is otherwise here than there'],
    [
      'runward server sync --repo policies/ --ref origin/main --interval 1m --rollout',
      'the repository is the truth',
    ],
  ],
  run: syncCommand,
};

interface Outcome {
  readonly document: string;
  readonly path: string;
  readonly change: 'created' | 'changed' | 'approved' | 'same' | 'refused' | 'removed' | 'elsewhere';
  readonly version: number | null;
  readonly drift: string;
}

async function syncCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, 'the working copy is given with `--repo DIR`');
  const folder = args.text('repo');
  if (folder === undefined) throw new UsageError('the repository is missing', 'write `--repo DIR`');
  planOf(args);
  const interval = durationOption(args, 'interval');
  const [ask, repository] = [await apiOf(args), new Repository(folder)];
  if (interval === undefined) return once(ask, repository, args);
  const end = new SessionEnd();
  const stop = new AbortController();
  void end.requested.then(() => stop.abort());
  while (!stop.signal.aborted) {
    await once(ask, repository, args).catch((error: unknown) =>
      process.stderr.write(
        `runward: not synced: ${error instanceof Error ? error.message : String(error)}\n`,
      ),
    );
    await sleep(interval, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  return EXIT.ok;
}

async function once(ask: AskApi, repository: Repository, args: Parsed): Promise<number> {
  const commit = await repository.commit(args.text('ref') ?? 'HEAD');
  const outcomes: Outcome[] = commit.strange.map((path) => ({
    ...{ document: '-', path, change: 'refused', version: null },
    drift: 'its name is none of small letters, digits and dashes',
  }));
  for (const file of commit.files) outcomes.push(await syncFile(ask, repository, commit.id, file, args));
  outcomes.push(...(await others(ask, commit.files, args)));
  if (args.flag('rollout') && !args.flag('dry-run')) await rollOut(ask, commit.files, args);
  if (args.flag('json')) process.stdout.write(`${toJson({ commit: commit.id, documents: outcomes })}\n`);
  else process.stdout.write(`commit ${commit.id.slice(0, 12)}\n${outcomesText(outcomes)}\n`);
  return outcomes.some(({ change }) => change === 'refused') ? EXIT.failure : EXIT.ok;
}

const outcomesText = (outcomes: readonly Outcome[]): string =>
  table([
    ['DOCUMENT', 'CHANGE', 'VERSION', 'FILE', 'DRIFT'],
    ...outcomes.map(({ document, change, version, path, drift }) => [
      ...[document, change, version === null ? '-' : String(version), visible(path) || '-'],
      visible(drift.split('\n')[0] ?? '') || '-',
    ]),
  ]);

async function syncFile(
  ask: AskApi,
  repository: Repository,
  commit: string,
  file: RepositoryFile,
  args: Parsed,
): Promise<Outcome> {
  const { kind, name, cluster, path } = file;
  const common = { document: `${kind}/${name}`, path };
  const [text, author] = await Promise.all([repository.text(commit, file), repository.author(commit, file)]);
  try {
    const { change, version, drift } = (await ask('syncDocument', {
      body: { kind, name, cluster, text, commit, path, author, dryRun: args.flag('dry-run') },
    })) as Pick<Outcome, 'change' | 'drift'> & { readonly version: { readonly number: number } | null }; // the answer of the operation
    return { ...common, change, drift, version: version?.number ?? null };
  } catch (error) {
    // One file that is refused does not hold up the others; a server that does not answer does.
    if (!(error instanceof RunwardError) || error.code === 'SERVER_NOT_RUNNING') throw error;
    return { ...common, change: 'refused', version: null, drift: error.message };
  }
}

/** What is here and not in the repository. */
async function others(
  ask: AskApi,
  files: readonly RepositoryFile[],
  args: Parsed,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { id, kind, name, latest, inForce } of await allDocuments(ask)) {
    if (files.some((file) => file.kind === kind && file.name === name)) continue;
    const params = { id, number: latest.number };
    const { source } = (await ask('getVersion', { params })) as { readonly source: string }; // the answer of the operation
    const isOfGit = source.startsWith('git ');
    const isPruned = isOfGit && inForce !== null && args.flag('prune') && !args.flag('dry-run');
    if (isPruned)
      await ask('withdrawDocument', {
        params: { id },
        body: { why: 'its file is gone from the repository' },
      });
    if (isOfGit && inForce === null) continue;
    outcomes.push({
      ...{ document: `${kind}/${name}`, path: '', version: latest.number },
      change: isOfGit ? 'removed' : 'elsewhere',
      drift: !isOfGit
        ? 'is on the server alone'
        : isPruned
          ? 'withdrawn'
          : 'its file is gone, and it is in force',
    });
  }
  return outcomes;
}

async function allDocuments(ask: AskApi): Promise<readonly ShownDocument[]> {
  const items: ShownDocument[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = (await ask('listDocuments', {
      query: { limit: 500, ...(cursor !== undefined && { cursor }) },
    })) as {
      readonly items: readonly ShownDocument[];
      readonly next: string | null;
    }; // the answer of the operation
    items.push(...page.items);
    cursor = page.next;
  }
  return items;
}

/** Begins what can begin; one that is being rolled out is looked at the next time. */
async function rollOut(ask: AskApi, files: readonly RepositoryFile[], args: Parsed): Promise<void> {
  for (const { id, kind, name, latest } of await allDocuments(ask)) {
    if (!files.some((file) => file.kind === kind && file.name === name) || latest.state !== 'approved')
      continue;
    try {
      await ask('startRollout', { params: { id }, body: { version: latest.number, plan: planOf(args) } });
      process.stderr.write(`runward: ${kind}/${name}: version ${latest.number} begins to be rolled out\n`);
    } catch (error) {
      if (!(error instanceof RunwardError) || error.code === 'SERVER_NOT_RUNNING') throw error;
      process.stderr.write(`runward: ${kind}/${name}: not rolled out: ${error.message}\n`);
    }
  }
}
