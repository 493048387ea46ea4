import type { SourceSpan } from '@runward/core';
import type { SourceText, YamlMap, YamlScalar } from '@runward/yaml';
import type { ExceptionItem, Priority } from './items.js';

/** A condition, or the name of a rule whose condition it is. */
export interface TriggerItem {
  readonly span: SourceSpan;
  readonly condition: SourceText | undefined;
  readonly rule: YamlScalar | undefined;
  /** A field that must have the same value in every step. */
  readonly same: YamlScalar | undefined;
}

export interface StepItem extends TriggerItem {
  readonly name: YamlScalar | undefined;
  readonly without: readonly TriggerItem[];
}

interface CorrelationItemBase {
  readonly name: string;
  readonly span: SourceSpan;
  readonly description: string;
  readonly output: SourceText;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly enabled: boolean;
  /** One or several words or fields. */
  readonly by: readonly YamlScalar[];
  readonly withinNs: number;
  readonly exceptions: readonly ExceptionItem[];
  /** The item as written, overrides included: an override writes it anew. */
  readonly map: YamlMap;
}

export interface SequenceItem extends CorrelationItemBase {
  readonly kind: 'sequence';
  readonly steps: readonly StepItem[];
}

export interface ThresholdItem extends CorrelationItemBase {
  readonly kind: 'threshold';
  readonly trigger: TriggerItem;
  readonly distinct: YamlScalar | undefined;
  readonly atLeast: number;
}

export type CorrelationItem = SequenceItem | ThresholdItem;
