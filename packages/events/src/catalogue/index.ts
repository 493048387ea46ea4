import type { FieldCatalogue, FieldSpec } from '../field.js';
import type { FlowView } from '../flow-view.js';
import { containerFields } from './container.js';
import { evtFields } from './evt.js';
import { fdFields } from './fd.js';
import { flowRows } from './flow.js';
import { fsFields } from './fs.js';
import { groupFields } from './group.js';
import { k8sFields } from './k8s.js';
import { procFields } from './proc.js';
import { syscallFields } from './syscall.js';
import { threadFields } from './thread.js';
import { userFields } from './user.js';

export { anonymousFileType } from './anonymous.js';
export { argumentNames } from './arguments.js';
export { LIVE_FIELDS } from './live.js';
export { renderFieldsMarkdown } from './markdown.js';

/** Every field of the rule language, class by class. Names are unique (a test holds that). */
export const fieldRows: readonly FieldSpec[] = [
  ...evtFields,
  ...syscallFields,
  ...procFields,
  ...threadFields,
  ...fdFields,
  ...fsFields,
  ...userFields,
  ...groupFields,
  ...containerFields,
  ...k8sFields,
];

export const fieldCatalogue: FieldCatalogue = new Map(fieldRows.map((row) => [row.name, row]));

/** What rules with `source: flow` can read. A name that events have too means the same there. */
export const flowCatalogue: FieldCatalogue<FlowView> = new Map(flowRows.map((row) => [row.name, row]));

/** The fields of every source by name, for tests and lists, which read no view. */
export const allFields: ReadonlyMap<string, FieldSpec<never>> = new Map<string, FieldSpec<never>>([
  ...flowCatalogue,
  ...fieldCatalogue,
]);
