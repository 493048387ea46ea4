/**
 * Rules: the rule language. Text becomes syntax (lex, parse), files become items (yaml, collect), items become
 * expressions (resolve, check), expressions become event types and interest (plan) and one function per event
 * type (compile). Pure: no I/O, no Node, runs in a browser; user input never makes it throw.
 *
 * @packageDocumentation
 */

export type { SourceFile } from '@runward/yaml';
export { PRIORITIES, type Priority } from './collect/items.js';
export { ENGINE_VERSION } from './collect/versions.js';
export {
  type CompiledRule,
  type CompiledRules,
  type CompileOptions,
  compileRules,
  type Matcher,
} from './compile/compiled-rules.js';
export { compileEach } from './compile/each.js';
export { compileFilter, type Filter, type FilterResult } from './compile/filter.js';
export { type OperandReader, operandReader } from './compile/operand-reader.js';
export {
  type Correlation,
  type Grouping,
  judgedRules,
  type Sequence,
  type SequenceStep,
  type Threshold,
  type Trigger,
  type TriggerUse,
  triggerRule,
  triggersOf,
  wantedOf,
} from './correlation.js';
export {
  fileReadDiagnostic,
  type LoadCode,
  RULE_CODES,
  type RuleCode,
  type RuleDiagnostic,
} from './diagnostics/codes.js';
export {
  type CostEstimate,
  type ExplainOptions,
  explainRule,
  type KernelFilter,
  type RuleExplanation,
} from './explain/explain.js';
export {
  type CorrelationExplanation,
  explainCorrelation,
  type TriggerExplanation,
} from './explain/explain-correlation.js';
export { printCondition } from './explain/print.js';
export { interpret } from './interpret/interpreter.js';
export { quoteAlways } from './lex/quoting.js';
export { type LoadOptions, type LoadResult, loadRules } from './load.js';
export type {
  CorrelationFact,
  CorrelationTemplate,
  CorrelationToken,
} from './output/correlation-template.js';
export { type Formatted, printValue } from './output/formatter.js';
export { isProblem, parseCondition } from './parse/condition-parser.js';
export type { CheckSyntax, ConditionSyntax, Extent } from './parse/syntax.js';
export type { Atom, InterestClause, InterestLiteral } from './plan/clause.js';
export { MAX_CLAUSES } from './plan/clause-set.js';
export { RULE_EVENT_TYPES } from './plan/event-types.js';
export {
  assumeContainer,
  type InterestOptions,
  interestOf,
  interestOfEach,
  planInterest,
} from './plan/interest.js';
export { type Foresight, readsOnly, SurvivalPlanner } from './plan/survival.js';
export type { ConditionCost, FieldCost, RuleCost, RuleProfile, TypeCost } from './profile/profile.js';
export { type ProfilerOptions, RuleProfiler } from './profile/rule-profiler.js';
export type * from './resolve/expression.js';
export { fieldsIn } from './resolve/walk.js';
export {
  eventTypesOf,
  type Rule,
  type RuleException,
  type RuleSet,
  usedFields,
  withFlowRules,
} from './rule-set.js';
export { type FactView, factCatalogue } from './testing/fact-catalogue.js';
export type { CoveredEntry, CoveredException, CoveredRule, RuleCoverage } from './testing/rule-coverage.js';
export {
  parseRuleTests,
  type RuleTest,
  type RuleTestFile,
  type TestEvent,
  type WrittenFact,
} from './testing/rule-test-file.js';
export {
  type FactJudge,
  type RuleTestResult,
  type RuleTestRun,
  runRuleTests,
} from './testing/rule-test-run.js';
export type { FailedCheck, MissingRule } from './testing/why-missing.js';
export { compileRegex } from './values/regex.js';
export { textTest } from './values/text-check.js';
