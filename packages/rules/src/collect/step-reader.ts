import type { YamlNode } from '@runward/yaml';
import type { StepItem, TriggerItem } from './correlation-items.js';
import { MAX_STEPS } from './correlation-limits.js';
import { MapReader } from './map-reader.js';

const STEP_KEYS = new Set(['name', 'condition', 'rule', 'same']);
const WITHOUT_KEYS = new Set(['without', 'same']);

/** The steps of a sequence; each `without` joins the step behind it. Undefined after an error. */
export function readSteps(reader: MapReader): readonly StepItem[] | undefined {
  const node = reader.node('steps');
  const shape = 'a list of steps such as `- { name: first, condition: … }`';
  if (node === undefined) return reader.report('RULE_KEY_MISSING', '`steps` is missing', `add ${shape}`);
  if (node.kind !== 'list') return reader.report('RULE_KEY_TYPE', '`steps` must be a list', shape, node.span);
  const steps: StepItem[] = [];
  let without: TriggerItem[] = [];
  let ok = true;
  for (const entry of node.items) {
    const read = readEntry(entry, reader);
    if (read === undefined) ok = false;
    else if ('name' in read) {
      steps.push({ ...read, without });
      without = [];
    } else if (steps.length > 0) without.push(read);
    else ok = betweenOnly(reader, read);
  }
  const [dangling] = without;
  if (dangling !== undefined) ok = betweenOnly(reader, dangling);
  if (ok && steps.length < 2) {
    reader.report(
      'RULE_SEQUENCE',
      'a sequence needs at least two steps',
      'one step alone is a rule',
      node.span,
    );
  }
  if (steps.length > MAX_STEPS) {
    const message = `${steps.length} steps are more than the limit of ${MAX_STEPS}`;
    reader.report('RULE_SEQUENCE', message, 'join steps or make two sequences', node.span);
  }
  return ok && steps.length >= 2 && steps.length <= MAX_STEPS && sameEverywhere(reader, steps)
    ? steps
    : undefined;
}

function betweenOnly(reader: MapReader, { span }: TriggerItem): false {
  const help = 'it says what must not happen between the step before it and the step behind it';
  reader.report('RULE_SEQUENCE', 'a `without` must stand between two steps', help, span);
  return false;
}

type Entry = Omit<StepItem, 'without'> | TriggerItem;

function readEntry(node: YamlNode, parent: MapReader): Entry | undefined {
  if (node.kind !== 'map') {
    const help = 'write `- name: NAME` with `condition:` or `rule:`, or `- without: CONDITION`';
    return parent.report('RULE_SEQUENCE', 'a step must be a mapping', help, node.span);
  }
  const reader = new MapReader(node, parent.reporter, parent.item);
  if (!reader.has('without')) return readStep(reader);
  reader.unknownKeys(WITHOUT_KEYS);
  const condition = reader.source('without');
  return condition && { span: node.span, condition, rule: undefined, same: reader.scalar('same') };
}

function readStep(reader: MapReader): Omit<StepItem, 'without'> | undefined {
  reader.unknownKeys(STEP_KEYS);
  const trigger = readTrigger(reader);
  return trigger && { ...trigger, name: reader.scalar('name') };
}

/** `condition`, or `rule` as the name of a rule whose condition is meant. */
export function readTrigger(reader: MapReader): TriggerItem | undefined {
  const [condition, rule] = [reader.source('condition'), reader.scalar('rule')];
  if (reader.has('condition') === reader.has('rule')) {
    const help = 'write a condition, or the name of a rule whose condition it is';
    return reader.report('RULE_SEQUENCE', 'exactly one of `condition` and `rule` is needed', help);
  }
  if (condition === undefined && rule === undefined) return undefined;
  return { span: reader.span, condition, rule, same: reader.scalar('same') };
}

/** Events meet by the value of `same`: where one step has it, all need it. */
function sameEverywhere(reader: MapReader, steps: readonly StepItem[]): boolean {
  const triggers = steps.flatMap((step): readonly TriggerItem[] => [...step.without, step]);
  const lacking = triggers.find((trigger) => trigger.same === undefined);
  if (lacking === undefined || triggers.every((trigger) => trigger.same === undefined)) return true;
  const help = 'name in every step and every `without` the field whose value must be the same';
  reader.report('RULE_SEQUENCE', 'some steps have `same` and this one has not', help, lacking.span);
  return false;
}
