import type { FieldCatalogue, FieldValue } from '@runward/events';
import { operandReader } from '../compile/operand-reader.js';
import { printCheck, printCondition } from '../explain/print.js';
import { interpret } from '../interpret/interpreter.js';
import { printValue } from '../output/formatter.js';
import type { Expression } from '../resolve/expression.js';
import type { Rule } from '../rule-set.js';
import type { FactView } from './fact-catalogue.js';

/** Why a rule that was expected to fire did not. */
export interface MissingRule {
  readonly rule: string;
  /** A sentence, where there are no checks to blame. */
  readonly reason: string;
  /** Checks that would have had to come out otherwise, at the event that came nearest. */
  readonly checks: readonly FailedCheck[];
}

export interface FailedCheck {
  readonly condition: string;
  /** What the event has there. */
  readonly value: string;
}

/** Checks shown per rule: the first ones say it. */
const MAX_CHECKS = 5;
const MAX_TEXT = 200;

export function whyMissing(
  name: string,
  rule: Rule | undefined,
  events: readonly FactView[],
  catalogue: FieldCatalogue<FactView>,
): MissingRule {
  const nothing = (reason: string): MissingRule => ({ rule: name, reason, checks: [] });
  if (rule === undefined) return nothing('its events did not come together as it wants');
  if (!rule.enabled) return nothing('it is switched off');
  const fitting = events.filter((facts) => rule.eventTypes.includes(String(facts['evt.type'])));
  if (fitting.length === 0) return nothing(`it is about ${rule.eventTypes.join(', ') || 'no event at all'}`);
  const tries = fitting.map((facts) => failedChecks(rule.condition, true, facts, catalogue));
  const nearest = tries.sort((a, b) => a.length - b.length)[0] ?? [];
  return { rule: name, reason: '', checks: nearest.slice(0, MAX_CHECKS) };
}

/** Leaves that keep a condition from being what is wanted; of alternatives, those of the one that lacks least. */
function failedChecks(
  node: Expression,
  wanted: boolean,
  facts: FactView,
  catalogue: FieldCatalogue<FactView>,
): readonly FailedCheck[] {
  if (interpret(node, facts, catalogue) === wanted) return [];
  if (node.kind === 'constant') return [{ condition: String(node.value), value: '' }];
  if (node.kind === 'not') return failedChecks(node.term, !wanted, facts, catalogue);
  if (node.kind === 'check') {
    const text = clip(printCheck(node));
    const condition = wanted ? text : `not ${text}`;
    return [{ condition, value: clip(printValue(valueIn(node.left, facts, catalogue))) }];
  }
  const all = (node.kind === 'and') === wanted;
  const parts = node.terms.map((term) => failedChecks(term, wanted, facts, catalogue));
  if (all) return parts.flat();
  const best = [...parts].sort((a, b) => a.length - b.length)[0] ?? [];
  return node.terms.length < 3 || best.length > 1
    ? best
    : [
        {
          condition: clip(`${wanted ? '' : 'not '}(${printCondition(node, MAX_TEXT)})`),
          value: best[0]?.value ?? '',
        },
      ];
}

const valueIn = (
  left: Parameters<typeof operandReader>[0],
  facts: FactView,
  catalogue: FieldCatalogue<FactView>,
): FieldValue | undefined => operandReader(left, catalogue)(facts);

const clip = (text: string): string => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`);
