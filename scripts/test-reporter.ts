import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestModule } from 'vitest/node';

/** What one vitest project came to; vitest's own JSON report leaves out why a test was skipped. */
export interface ProjectTotals {
  readonly passed: number;
  readonly failed: number;
  /** Those that passed, but not at once. */
  readonly retried: readonly string[];
  /** What tests that passed said of themselves. */
  readonly notes: readonly string[];
  /** Of those that failed, what there is to say; shorter than what vitest prints, to be found at the end of a log. */
  readonly failures: readonly { readonly test: string; readonly why: string }[];
  readonly skipped: readonly { readonly test: string; readonly why: string }[];
}

const LONGEST_REASON = 1500;
type Errors = readonly { readonly message?: string; readonly diff?: string }[];

function reasonOf(errors: Errors): string {
  const text = errors.map(({ message, diff }) => [message, diff].filter(Boolean).join('\n')).join('\n');
  return stripVTControlCharacters(text).slice(0, LONGEST_REASON);
}

/** Writes {@link ProjectTotals} to the file named by `RUNWARD_TEST_TOTALS`. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const file = process.env.RUNWARD_TEST_TOTALS;
    if (file === undefined) return;
    let passed = 0;
    let failed = unhandledErrors.length;
    const failures: { test: string; why: string }[] = [];
    const retried: string[] = [];
    const notes: string[] = [];
    const skipped: { test: string; why: string }[] = [];
    for (const module of modules) {
      let failedHere = 0;
      const path = relative(process.cwd(), module.moduleId);
      for (const test of module.children.allTests()) {
        const result = test.result();
        const name = `${path}: ${test.fullName}`;
        if (result.state === 'passed') {
          passed++;
          if (test.diagnostic()?.flaky) retried.push(name);
          for (const { message } of test.annotations()) notes.push(`${name}: ${message}`);
        } else if (result.state === 'skipped')
          skipped.push({ test: name, why: result.note ?? 'no reason given' });
        else {
          failedHere++;
          failures.push({ test: name, why: reasonOf(result.errors ?? []) });
        }
      }
      // A file that does not load, or whose set-up fails, has no failed test of its own.
      if (failedHere === 0 && !module.ok()) {
        failedHere = 1;
        failures.push({ test: path, why: reasonOf(module.errors()) });
      }
      failed += failedHere;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      JSON.stringify({ passed, failed, retried, notes, failures, skipped } satisfies ProjectTotals),
    );
  }
}
