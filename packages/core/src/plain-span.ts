import type { SourceSpan } from './diagnostic.js';

/** A span as plain data: what leaves the room may be copied, cloned to a worker and compared. */
export const plainSpan = ({ file, line, column, endLine, endColumn }: SourceSpan): SourceSpan => ({
  ...{ file, line, column, endLine, endColumn },
});
