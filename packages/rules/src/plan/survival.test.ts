import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../compile/filter.js';
import { printCondition } from '../explain/print.js';
import { interpret } from '../interpret/interpreter.js';
import { fieldsIn } from '../resolve/walk.js';
import { conditionSets, events } from '../testing/arbitraries.js';
import { tinyCatalogue as catalogue } from '../testing/tiny-catalogue.js';
import { readsOnly, SurvivalPlanner } from './survival.js';

const PROCESS = new Set(['proc.name', 'proc.args', 'container.id']);
const planner = (): SurvivalPlanner =>
  new SurvivalPlanner((check) => (readsOnly(check, (field) => PROCESS.has(field)) ? 'fixed' : undefined));

describe('survival', () => {
  it('holds for every process of which an event can match, and reads fixed fields only', () => {
    fc.assert(
      fc.property(conditionSets, fc.array(events, { maxLength: 6 }), (conditions, all) => {
        const plan = planner();
        for (const event of all) {
          for (const condition of conditions) {
            const left = plan.survival(condition, String(event['evt.type']));
            expect([...fieldsIn([left])].filter(({ name }) => !PROCESS.has(name))).toEqual([]);
            if (interpret(condition, event, catalogue)) expect(interpret(left, event, catalogue)).toBe(true);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('is exact for conditions that read nothing else', () => {
    fc.assert(
      fc.property(conditionSets, events, (conditions, event) => {
        const type = String(event['evt.type']);
        const facts = new SurvivalPlanner(() => 'fixed');
        for (const condition of conditions) {
          const left = facts.survival(condition, type);
          expect(interpret(left, event, catalogue)).toBe(interpret(condition, event, catalogue));
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['evt.type=open and proc.name=x', 'open', 'proc.name = x'],
    ['evt.type=open and proc.name=x', 'connect', 'evt.num = 0'],
    ['evt.type=open and fd.name=/a', 'open', 'evt.num >= 0'],
    ['evt.type=open and fd.name=/a and not proc.name in (x, y)', 'open', 'not proc.name in (x, y)'],
    ['evt.type=open and not (proc.name=x and fd.name=/a)', 'open', 'evt.num >= 0'],
    ['evt.type=open and not (proc.name=x or fd.name=/a)', 'open', 'not proc.name = x'],
    ['evt.type=open and proc.name=val(proc.pname)', 'open', 'evt.num >= 0'],
    [
      'evt.type=open and (proc.name=x or proc.name=y and fd.name=/a)',
      'open',
      'proc.name = x or proc.name = y',
    ],
    ['evt.type=connect and proc.name=x or evt.type=open', 'open', 'evt.num >= 0'],
  ])('of `%s` on %s is `%s`', (condition, type, expected) => {
    const { value } = compileFilter(condition, catalogue);
    if (value === undefined) throw new TypeError(condition);
    expect(printCondition(planner().survival(value.condition, type))).toBe(expected);
  });
});
