import type { FieldCatalogue } from '@runward/events';
import { SourceText } from '@runward/yaml';
import type { RuleDiagnostic } from '../diagnostics/codes.js';
import { Reporter } from '../diagnostics/reporter.js';
import { possibleEventTypes } from '../plan/event-types.js';
import { withAskedNames } from '../resolve/asked-names.js';
import type { Expression } from '../resolve/expression.js';
import { Resolver } from '../resolve/resolver.js';
import { compileType, type Test } from './type-matcher.js';

export interface Filter<View> {
  /** Whether an event passes; the event type must be given, it selects the compiled function. */
  readonly test: (view: View, eventTypeName: string) => boolean;
  /** Names of the event types that can pass. */
  readonly eventTypes: readonly string[];
  readonly condition: Expression;
}

export interface FilterResult<View> {
  readonly value: Filter<View> | undefined;
  readonly diagnostics: readonly RuleDiagnostic[];
}

/** A condition given on its own, as on a command line. Macros and lists do not exist here. */
export function compileFilter<View>(text: string, catalogue: FieldCatalogue<View>): FilterResult<View> {
  const reporter = new Reporter();
  const nothing = { lists: new Map(), macros: new Map(), rules: new Map() };
  const resolver = new Resolver(nothing, catalogue, reporter);
  const resolution = resolver.condition(SourceText.plain(text, 'filter'), 'filter');
  for (const { code, message, help, span, item } of resolution?.problems ?? []) {
    reporter.report(code, message, help, span, item);
  }
  const { diagnostics } = reporter;
  if (resolution === undefined || reporter.failed) return { value: undefined, diagnostics };
  const condition = withAskedNames(resolution.expression, resolver);
  return { value: makeFilter(condition, catalogue), diagnostics };
}

function makeFilter<View>(condition: Expression, catalogue: FieldCatalogue<View>): Filter<View> {
  const tests = new Map<string, Test<View> | undefined>();
  let passed = false;
  const pass = (): void => {
    passed = true;
  };
  return {
    condition,
    eventTypes: possibleEventTypes([condition])[0] ?? [],
    test: (view, type) => {
      if (!tests.has(type)) tests.set(type, compileType(type, [condition], catalogue, false));
      passed = false;
      tests.get(type)?.(view, pass);
      return passed;
    },
  };
}
