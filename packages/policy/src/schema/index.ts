export { policyCustomResource, policyCustomResourceText } from './custom-resource.js';
export { policyJsonSchema, policyJsonSchemaText } from './json-schema.js';
