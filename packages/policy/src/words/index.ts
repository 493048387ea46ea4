export { actionText } from './action-text.js';
export { lineLabel } from './line-label.js';
export { limitWords, lineWords } from './line-words.js';
export { ACTION_VERBS, type ParsedActions, parseActions } from './parse-action.js';
export { quoteWord, splitWords, type Word, type WordProblem } from './split-words.js';
