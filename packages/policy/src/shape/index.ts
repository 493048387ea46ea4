/** Shapes: how documents of the same kind as policies are read and described, for other kinds of them. */
export type { PolicyDiagnostic } from '../diagnostics/codes.js';
export { Reporter } from '../diagnostics/reporter.js';
export { API_VERSION, nameShape } from '../read/document-shape.js';
export { textPattern } from '../read/pattern-shape.js';
export { EVERYTHING, labels, selectorShape } from '../read/selector-shape.js';
export { list, object, type Values, type Written } from './collections.js';
export { choice, flag, type Located, parsed, text } from './scalars.js';
export { either, ignored, type JsonSchema, mapped, Place, type Shape } from './shape.js';
