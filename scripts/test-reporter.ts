import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** What one vitest project came to; vitest's own JSON report leaves out why a test was skipped. */
export interface ProjectTotals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly { readonly test: string; readonly why: string }[];
}

/** Writes {@link ProjectTotals} to the file named by `RUNWARD_TEST_TOTALS`. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const file = process.env.RUNWARD_TEST_TOTALS;
    if (file === undefined) return;
    let passed = 0;
    let failed = unhandledErrors.length;
    const skipped: { test: string; why: string }[] = [];
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed++;
        else if (result.state === 'skipped')
          skipped.push({
            test: `${relative(process.cwd(), module.moduleId)}: ${test.fullName}`,
            why: result.note ?? 'no reason given',
          });
        else failedHere++;
      }
      // A file that does not load, or whose set-up fails, has no failed test of its own.
      if (failedHere === 0 && !module.ok()) failedHere = 1;
      failed += failedHere;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ passed, failed, skipped } satisfies ProjectTotals));
  }
}
