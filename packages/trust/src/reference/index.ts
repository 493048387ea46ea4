export { hostOf, nameOf, type Reference, readReference, referenceText } from './reference.js';
