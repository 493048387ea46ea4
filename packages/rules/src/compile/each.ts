import type { FieldCatalogue } from '@runward/events';
import type { Expression } from '../resolve/expression.js';
import { compileType, type Test } from './type-matcher.js';

/** For what is left of conditions once the event type is known: nothing asks for it any more. */
const NO_TYPE = '';

/**
 * One function that reports the index of each condition that holds. Conditions must not read `evt.type`; an
 * extractor that throws passes through.
 */
export function compileEach<View>(
  conditions: readonly Expression[],
  catalogue: FieldCatalogue<View>,
): Test<View> {
  return compileType(NO_TYPE, conditions, catalogue, true) ?? (() => undefined);
}
