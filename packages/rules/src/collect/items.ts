import type { SourceSpan } from '@runward/core';
import type { SourceText, YamlScalar } from '@runward/yaml';

export const PRIORITIES = [
  'Emergency',
  'Alert',
  'Critical',
  'Error',
  'Warning',
  'Notice',
  'Informational',
  'Debug',
] as const;
export type Priority = (typeof PRIORITIES)[number];

export function parsePriority(text: string): Priority | undefined {
  const word = text.toLowerCase();
  return word === 'info' ? 'Informational' : PRIORITIES.find((p) => p.toLowerCase() === word);
}

export interface ListItem {
  readonly name: string;
  readonly span: SourceSpan;
  items: readonly YamlScalar[];
}

export interface MacroItem {
  readonly name: string;
  readonly span: SourceSpan;
  condition: SourceText;
  /** Place of the definition, and up to which place others are seen: a macro sees only earlier macros. */
  readonly index: number;
  visibility: number;
}

/** One value of an exception: a text, or a list of them where the operator takes a list. */
export type ExceptionValue = YamlScalar | readonly YamlScalar[];

export interface ExceptionItem {
  readonly name: string;
  readonly span: SourceSpan;
  /** One name, or a tuple; undefined where values are added to an exception of that name. */
  readonly fields: string | readonly string[] | undefined;
  readonly comparisons: string | readonly string[] | undefined;
  readonly values: readonly (readonly ExceptionValue[])[];
}

export interface RuleItem {
  readonly name: string;
  readonly span: SourceSpan;
  condition: SourceText;
  output: SourceText;
  description: string;
  priority: Priority;
  source: string;
  enabled: boolean;
  tags: readonly string[];
  exceptions: readonly ExceptionItem[];
  warnEventTypes: boolean;
  skipIfUnknownFilter: boolean;
  capture: boolean;
  captureDurationMs: number | undefined;
}

/** What is left of all files after append and override: each name once. */
export interface Collected {
  readonly lists: ReadonlyMap<string, ListItem>;
  readonly macros: ReadonlyMap<string, MacroItem>;
  readonly rules: ReadonlyMap<string, RuleItem>;
}
