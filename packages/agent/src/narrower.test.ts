import type { RingView } from '@runward/events';
import { EventFlag, eventTypeByName, fieldCatalogue, RwHdr, RwKind } from '@runward/events';
import { testContainer, testProcess, testView } from '@runward/events/testing';
import { loadRules } from '@runward/rules';
import type { Narrowing, Program } from '@runward/sensor';
import { describe, expect, test } from 'vitest';
import { interestOfRules } from './interest.js';
import { EVENTS_BEFORE_JUDGING, Narrower, type NarrowingTarget } from './narrower.js';

const RULES = `
- rule: cat
  desc: d
  condition: evt.type = unlink and proc.name = cat
  output: o
  priority: INFO
- rule: image
  desc: d
  condition: evt.type = mkdir and container.image.repository = alpine
  output: o
  priority: INFO
- rule: all
  desc: d
  condition: evt.type = connect
  output: o
  priority: INFO
`;
const rules = loadRules([{ name: 'r.yaml', text: RULES }], { catalogue: fieldCatalogue }).value;
const processes = rules && interestOfRules(rules, true).processes;

/** Keeps what it is told, as the kernel's table does for one process. */
class Kernel implements NarrowingTarget {
  told: { program: Program; types: string[] }[] = [];
  isNarrowed(program: Program): boolean {
    const last = this.told.at(-1)?.program;
    return last !== undefined && last.pid === program.pid && last.execId === program.execId;
  }
  narrow(program: Program, { types }: Narrowing): void {
    const names = [...eventTypeByName.values()].filter(
      ({ id, isSyscall }) => isSyscall && ((types[id >>> 5] ?? 0) >>> (id & 31)) & 1,
    );
    this.told.push({ program, types: names.map((t) => t.name) });
  }
}

interface Facts {
  readonly comm?: string;
  readonly execId?: bigint;
  readonly kind?: number;
  readonly flags?: number;
  readonly container?: ReturnType<typeof testContainer> | undefined;
}

function viewOf({ comm = 'sh', execId = 1n, kind = RwKind.RW_K_SYS, flags = 0, ...rest }: Facts): RingView {
  const container = 'container' in rest ? rest.container : testContainer();
  const numbers = new Map<number, bigint>([
    [RwHdr.start_ns, 5n],
    [RwHdr.exec_id, execId],
    [RwHdr.cgroup_id, 9n],
  ]);
  const view = testView({ type: 'unlink', flags, container, process: testProcess({ comm }) });
  // A view over plain facts, with the three header words that are read by offset.
  return { ...view, kind, big: (at: number) => numbers.get(at) ?? 0n } as unknown as RingView;
}

function hear(facts: Facts, times: number, kernel = new Kernel(), narrower = narrowerFor(kernel)): Kernel {
  for (let i = 0; i < times; i += 1) narrower.heard(viewOf(facts));
  return kernel;
}
function narrowerFor(kernel: Kernel): Narrower {
  if (processes === undefined) throw new TypeError('the rules do not load');
  return new Narrower(processes, kernel);
}

describe('a process', () => {
  test('is judged once it has sent as much as judging costs', () => {
    expect(hear({}, EVENTS_BEFORE_JUDGING - 1).told).toEqual([]);
    expect(hear({}, 10 * EVENTS_BEFORE_JUDGING).told).toMatchObject([
      { program: { pid: 100, startNs: 5n, execId: 1n, cgroup: 9n } },
    ]);
  });

  test('is judged again after it executed another program', () => {
    const kernel = new Kernel();
    const narrower = narrowerFor(kernel);
    hear({ comm: 'sh' }, EVENTS_BEFORE_JUDGING, kernel, narrower);
    hear({ comm: 'cat', execId: 2n }, EVENTS_BEFORE_JUDGING, kernel, narrower);
    expect(kernel.told.map((t) => t.types)).toEqual([['connect'], ['unlink', 'connect']]);
    expect(narrower.judged).toBe(2);
  });

  test('keeps what depends on its container until the runtime has described it', () => {
    const typesOf = (facts: Facts): string[] => hear(facts, EVENTS_BEFORE_JUDGING).told[0]?.types ?? [];
    expect(typesOf({ container: testContainer({ metadata: 'path-only', imageRepository: '' }) })).toEqual([
      'mkdir',
      'connect',
    ]);
    expect(typesOf({ container: testContainer({ imageRepository: 'alpine' }) })).toEqual([
      'mkdir',
      'connect',
    ]);
    expect(typesOf({ container: undefined, flags: EventFlag.host })).toEqual(
      ['connect', 'mkdir'].toSorted().toReversed(),
    );
  });

  test('is left alone while it is not certain whether it is in a container', () => {
    expect(hear({ container: undefined, flags: 0 }, 100).told).toEqual([]);
  });

  test('is not judged by its fork or exec, which are told apart from calls', () => {
    expect(hear({ kind: RwKind.RW_K_FORK }, 1000).told).toEqual([]);
  });
});
