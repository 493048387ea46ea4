export { conditionProblem, valuesAt } from './conditions.js';
export { isOfType, readStatement, type Statement } from './statement.js';
