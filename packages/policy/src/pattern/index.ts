export { aliasOf } from './aliases.js';
export { acceptsByte, type ByteRange, type Glob, type GlobNode } from './glob.js';
export { globMatcher, type Matcher, type Subject } from './match.js';
export { type GlobProblem, type ParsedGlob, parsePathGlob, parseTextGlob } from './parse.js';
export {
  globOf,
  matcherOf,
  matchesAny,
  pathPatternProblem,
  textMatcher,
} from './path-pattern.js';
