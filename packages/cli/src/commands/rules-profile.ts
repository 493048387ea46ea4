import { fieldCatalogue } from '@runward/events';
import { openEventSource, ReplayError, type ReplayStats } from '@runward/replay';
import { planInterest, type RuleProfile, RuleProfiler, type RuleSet } from '@runward/rules';
import { isKernelTestable } from '@runward/sensor';
import { EXIT, type Parsed, UsageError } from '../command.js';
import { profileText, type UnfilteredType } from '../profile-text.js';
import { visible } from '../terminal.js';

interface Played {
  readonly file: string;
  readonly stats: ReplayStats;
}

/**
 * `rules profile --over FILE…`: what the rules cost on recorded events. Exit 0; 1 when a file cannot be read to its
 * end; 2 for a bad command line or rule file.
 */
export async function profileRules(set: RuleSet, args: Parsed): Promise<number> {
  const files = [...args.texts('over'), ...args.rest.slice(1)];
  if (files.length === 0) {
    throw new UsageError(
      'there is nothing to run the rules over',
      'write `runward rules profile --over FILE…`, with recordings or `.scap` files',
    );
  }
  const profiler = new RuleProfiler(set, {
    catalogue: fieldCatalogue,
    now: () => performance.now(),
    allMatches: args.flag('all-matches'),
  });
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const played: Played[] = [];
  for (const file of files) {
    if (stop.signal.aborted) break;
    try {
      const source = await openEventSource(file);
      const onEvent: Parameters<typeof source.replay>[0] = (view) => {
        if (view.container !== undefined || args.flag('host')) profiler.judge(view, view.typeName);
      };
      played.push({ file, stats: await source.replay(onEvent, { signal: stop.signal }) });
    } catch (error) {
      if (!(error instanceof ReplayError)) throw error;
      process.stderr.write(`${error.message}\n${error.help === undefined ? '' : `  help: ${error.help}\n`}`);
      return EXIT.failure;
    }
  }
  const profile = profiler.report();
  const unfiltered = unfilteredTypes(set, profile);
  if (args.flag('json')) process.stdout.write(`${JSON.stringify(report(profile, unfiltered, played))}\n`);
  else process.stdout.write(`${profileText(profile, unfiltered)}\n`);
  const broken = played.filter(({ stats }) => !stats.complete);
  for (const { file, stats } of played) {
    const skipped = stats.skipped.filter((part) => part.kind === 'damaged');
    for (const { reason, count } of skipped) process.stderr.write(`${visible(file)}: ${reason} (${count})\n`);
  }
  for (const { file } of broken) process.stderr.write(`${visible(file)}: not read to its end\n`);
  if (profile.events === 0)
    process.stderr.write('no event was judged: with `--host`, events outside containers count too\n');
  return broken.length > 0 ? EXIT.failure : EXIT.ok;
}

const report = (profile: RuleProfile, unfiltered: readonly UnfilteredType[], played: readonly Played[]) => ({
  ...profile,
  unfiltered,
  files: played.map(({ file, stats }) => ({
    file,
    events: stats.events,
    malformed: stats.malformed,
    complete: stats.complete,
  })),
});

/** Per event type the rules whose conditions say nothing that the kernel could test before it sends an event. */
function unfilteredTypes(set: RuleSet, profile: RuleProfile): readonly UnfilteredType[] {
  return profile.types
    .map(({ type, events }) => ({
      type,
      events,
      rules: set.rules
        .filter((rule) => rule.enabled && rule.eventTypes.includes(type) && wantsAll(rule, type))
        .map((rule) => rule.name),
    }))
    .filter(({ rules }) => rules.length > 0)
    .toSorted((a, b) => b.events - a.events);
}

const wantsAll = (rule: RuleSet['rules'][number], type: string): boolean =>
  planInterest({ rules: [rule] }, type, (atom) => isKernelTestable({ ...atom, negated: false }), {
    assume: { container: true },
  }).some((clause) => clause.length === 0);
