import { fieldCatalogue } from '@runward/events';
import { replayFiles } from '@runward/replay';
import { compileFilter } from '@runward/rules';
import { EXIT, type Parsed, UsageError } from './command.js';
import { eventText } from './detection-text.js';
import { printDiagnostics } from './diagnostics-text.js';
import { LineWriter } from './output.js';
import { historyFiles, printReplaySummary } from './replay-session.js';
import { SessionEnd } from './session.js';
import { paintFor, toJson } from './terminal.js';

/** What only a living stream has. */
const LIVE_ONLY = ['duration', 'runtime-socket', 'runtime-root'] as const;

/** `runward events --over FILE`: the events of recordings and captures, those of the host included. */
export async function showPastEvents(args: Parsed): Promise<number> {
  for (const name of LIVE_ONLY) {
    if (args.text(name) !== undefined)
      throw new UsageError(`\`--${name}\` and \`--over\` exclude each other`, 'leave out one of them');
  }
  const startedAtMs = performance.now();
  const filter = args.rest.join(' ');
  if (filter !== '') {
    const { value, diagnostics } = compileFilter(filter, fieldCatalogue);
    printDiagnostics(diagnostics);
    if (value === undefined) return EXIT.usage;
  }
  const paths = await historyFiles(args.texts('over'));
  const json = args.flag('json');
  const paint = paintFor(process.stdout);
  const end = new SessionEnd();
  const abort = new AbortController();
  void end.requested.then(() => abort.abort());
  const writer = new LineWriter(() => end.request());
  const result = await replayFiles(
    { paths, mode: { kind: 'events', filter }, host: true, signal: abort.signal },
    { onEvents: (items) => writer.write(items.map((e) => (json ? toJson(e) : eventText(e, paint)))) },
  );
  await writer.finish(2 ** 31 - 1);
  printReplaySummary(result, (performance.now() - startedAtMs) / 1000, json);
  return result.failures.length > 0 ? EXIT.failure : EXIT.ok;
}
