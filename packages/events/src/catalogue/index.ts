import type { FieldCatalogue, FieldSpec } from '../field.js';
import { containerFields } from './container.js';
import { evtFields } from './evt.js';
import { fdFields } from './fd.js';
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
