/**
 * YAML: files as maps, lists and texts that know where they were written. What a text means is the business of the
 * language that reads it; so is what its problems are called. Pure; user input never makes it throw.
 *
 * @packageDocumentation
 */
export {
  readYaml,
  type SourceFile,
  type YamlEntry,
  type YamlList,
  type YamlMap,
  type YamlNode,
  type YamlProblem,
  type YamlScalar,
} from './document.js';
export { LineTable } from './line-table.js';
export { type ItemKind, listed, type ProblemCodes, SettingsReader } from './settings-reader.js';
export { type Position, SourceText } from './source-text.js';
