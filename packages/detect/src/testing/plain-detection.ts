import { testContainer, testProcess } from '@runward/events/testing';
import { type Detection, summarizeContainer, summarizeProcess } from '../detection.js';
import { formatTime } from '../time-text.js';

export interface PlainFacts {
  readonly timeMs?: number;
  readonly rule?: string;
  readonly output?: string;
  readonly container?: string;
  readonly fields?: Detection['output_fields'];
}

/** A detection of a container's process, for tests. */
export const plainDetection = (facts: PlainFacts = {}): Detection => ({
  time: formatTime(BigInt((facts.timeMs ?? 0) * 1e6)),
  rule: facts.rule ?? 'R',
  priority: 'Notice',
  ...{ source: 'syscall', hostname: 'h', output: facts.output ?? 'o', tags: [] },
  output_fields: facts.fields ?? {},
  container: summarizeContainer(testContainer({ id: facts.container ?? 'c' })),
  process: summarizeProcess(testProcess(), 'root'),
  ancestors: [],
  event: {
    ...{ type: 'execve', number: 1, cpu: 0, callerMemory: false, truncated: false },
    ...{ compat32: false, ioUring: false },
  },
});
