import type { Diagnostic, Severity, SourceSpan } from '@runward/core';
import { plainSpan } from '@runward/core';

/** Load codes of the ecosystem, kept so that existing tooling keeps working. */
export type LoadCode =
  | 'LOAD_ERR_FILE_READ'
  | 'LOAD_ERR_YAML_PARSE'
  | 'LOAD_ERR_YAML_VALIDATE'
  | 'LOAD_ERR_COMPILE_CONDITION'
  | 'LOAD_ERR_COMPILE_OUTPUT'
  | 'LOAD_ERR_VALIDATE'
  | 'LOAD_ERR_EXTENSION'
  | 'LOAD_UNKNOWN_SOURCE'
  | 'LOAD_UNSAFE_NA_CHECK'
  | 'LOAD_NO_EVTTYPE'
  | 'LOAD_UNKNOWN_FILTER'
  | 'LOAD_UNUSED_MACRO'
  | 'LOAD_UNUSED_LIST'
  | 'LOAD_UNKNOWN_ITEM'
  | 'LOAD_DEPRECATED_ITEM'
  | 'LOAD_WARNING_EXTENSION'
  | 'LOAD_APPEND_NO_VALUES'
  | 'LOAD_EXCEPTION_NAME_NOT_UNIQUE'
  | 'LOAD_INVALID_MACRO_NAME'
  | 'LOAD_INVALID_LIST_NAME'
  | 'LOAD_COMPILE_CONDITION'
  | 'LOAD_UNKNOWN_KEY';

const error = (loadCode: LoadCode) => ({ severity: 'error', loadCode }) as const;
const warning = (loadCode: LoadCode) => ({ severity: 'warning', loadCode }) as const;

/** Every diagnostic of the rule room: how grave it is and what the ecosystem calls it. */
export const RULE_CODES = {
  RULE_FILE_READ: error('LOAD_ERR_FILE_READ'),
  RULE_YAML_SYNTAX: error('LOAD_ERR_YAML_PARSE'),
  RULE_NOT_A_LIST: error('LOAD_ERR_YAML_VALIDATE'),
  RULE_ITEM_SHAPE: error('LOAD_ERR_YAML_VALIDATE'),
  RULE_KEY_MISSING: error('LOAD_ERR_YAML_VALIDATE'),
  RULE_KEY_TYPE: error('LOAD_ERR_YAML_VALIDATE'),
  RULE_PRIORITY: error('LOAD_ERR_YAML_VALIDATE'),
  RULE_OVERRIDE: error('LOAD_ERR_YAML_VALIDATE'),
  RULE_NO_PREVIOUS: error('LOAD_ERR_VALIDATE'),
  RULE_APPEND_EMPTY: error('LOAD_ERR_VALIDATE'),
  RULE_SOURCE_CHANGED: error('LOAD_ERR_VALIDATE'),
  RULE_ENGINE_VERSION: error('LOAD_ERR_VALIDATE'),
  RULE_PLUGIN_VERSION: error('LOAD_ERR_VALIDATE'),
  RULE_EXCEPTION: error('LOAD_ERR_VALIDATE'),
  RULE_MACRO_UNKNOWN: error('LOAD_ERR_VALIDATE'),
  RULE_MACRO_CYCLE: error('LOAD_ERR_VALIDATE'),
  RULE_CONDITION_SYNTAX: error('LOAD_ERR_COMPILE_CONDITION'),
  RULE_CONDITION_DEPTH: error('LOAD_ERR_COMPILE_CONDITION'),
  RULE_LIST_AS_VALUE: error('LOAD_ERR_COMPILE_CONDITION'),
  RULE_FIELD_UNKNOWN: error('LOAD_ERR_COMPILE_CONDITION'),
  RULE_FIELD_ARGUMENT: error('LOAD_ERR_COMPILE_CONDITION'),
  RULE_OPERATOR_TYPE: error('LOAD_ERR_COMPILE_CONDITION'),
  RULE_VALUE_TYPE: error('LOAD_ERR_COMPILE_CONDITION'),
  RULE_EVENT_TYPE_UNKNOWN: error('LOAD_ERR_COMPILE_CONDITION'),
  RULE_PATTERN: error('LOAD_ERR_COMPILE_CONDITION'),
  RULE_TRANSFORMER: error('LOAD_ERR_COMPILE_CONDITION'),
  RULE_SEQUENCE: error('LOAD_ERR_YAML_VALIDATE'),
  RULE_WITHIN: error('LOAD_ERR_YAML_VALIDATE'),
  RULE_COUNT: error('LOAD_ERR_YAML_VALIDATE'),
  RULE_GROUPING: error('LOAD_ERR_VALIDATE'),
  RULE_STEP_RULE: error('LOAD_ERR_VALIDATE'),
  RULE_NAME_TAKEN: error('LOAD_ERR_VALIDATE'),
  RULE_OUTPUT: error('LOAD_ERR_COMPILE_OUTPUT'),
  RULE_SKIPPED: warning('LOAD_UNKNOWN_FILTER'),
  RULE_SOURCE_UNKNOWN: warning('LOAD_UNKNOWN_SOURCE'),
  RULE_UNSAFE_NA_CHECK: warning('LOAD_UNSAFE_NA_CHECK'),
  RULE_NO_EVENT_TYPE: warning('LOAD_NO_EVTTYPE'),
  RULE_EVENT_TYPE_UNOBSERVED: warning('LOAD_COMPILE_CONDITION'),
  RULE_FIELD_UNAVAILABLE: warning('LOAD_COMPILE_CONDITION'),
  RULE_MACRO_UNUSED: warning('LOAD_UNUSED_MACRO'),
  RULE_LIST_UNUSED: warning('LOAD_UNUSED_LIST'),
  RULE_ITEM_UNKNOWN: warning('LOAD_UNKNOWN_ITEM'),
  RULE_KEY_UNKNOWN: warning('LOAD_UNKNOWN_KEY'),
  RULE_KEY_DUPLICATE: warning('LOAD_UNKNOWN_KEY'),
  RULE_DEPRECATED: warning('LOAD_DEPRECATED_ITEM'),
  RULE_APPEND_NO_VALUES: warning('LOAD_APPEND_NO_VALUES'),
  RULE_EXCEPTION_DUPLICATE: warning('LOAD_EXCEPTION_NAME_NOT_UNIQUE'),
  RULE_MACRO_NAME: warning('LOAD_INVALID_MACRO_NAME'),
  RULE_LIST_NAME: warning('LOAD_INVALID_LIST_NAME'),
  RULE_PLUGIN_MISSING: warning('LOAD_WARNING_EXTENSION'),
  RULE_TEST_SHAPE: error('LOAD_ERR_YAML_VALIDATE'),
  RULE_TEST_FIELD: error('LOAD_ERR_VALIDATE'),
  RULE_TEST_RULE: error('LOAD_ERR_VALIDATE'),
} as const satisfies Record<string, { severity: Severity; loadCode: LoadCode }>;

export type RuleCode = keyof typeof RULE_CODES;

export interface RuleDiagnostic extends Diagnostic<RuleCode> {
  readonly loadCode: LoadCode;
  /** What the problem is in: `rule "X"`, `macro "x"`, `list "x"`, or '' for the file itself. */
  readonly item: string;
}

export function ruleDiagnostic(
  code: RuleCode,
  message: string,
  help: string,
  span: SourceSpan,
  item: string,
): RuleDiagnostic {
  return { ...RULE_CODES[code], code, message, help, span: plainSpan(span), item };
}

/** For callers that read the files: a file that could not be read, in the shape of every other problem. */
export function fileReadDiagnostic(file: string, reason: string): RuleDiagnostic {
  return ruleDiagnostic(
    'RULE_FILE_READ',
    `cannot read \`${file}\`: ${reason}`,
    'check that the file exists and is readable',
    { file, line: 1, column: 1, endLine: 1, endColumn: 1 },
    '',
  );
}
