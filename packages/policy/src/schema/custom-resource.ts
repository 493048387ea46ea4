import { stringify } from 'yaml';
import { API_VERSION, KIND, nameShape, specShape } from '../read/document-shape.js';
import { ignored, type JsonSchema } from '../shape/shape.js';

const [GROUP = '', VERSION = ''] = API_VERSION.split('/');
const PLURAL = 'runtimepolicies';

const column = (name: string, jsonPath: string, type = 'string'): JsonSchema => ({ name, type, jsonPath });

/**
 * The CustomResourceDefinition by which a cluster takes policies. Of `metadata` a structural schema may say what a name
 * is and no more; `apiVersion` and `kind` are the API server's.
 */
export const policyCustomResource = (): JsonSchema => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${PLURAL}.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Cluster',
    names: { kind: KIND, listKind: `${KIND}List`, plural: PLURAL, singular: KIND.toLowerCase() },
    versions: [
      {
        name: VERSION,
        served: true,
        storage: true,
        additionalPrinterColumns: [
          column('Owner', '.spec.owner'),
          column('Mode', '.spec.mode'),
          column('Version', '.spec.version'),
          column('Age', '.metadata.creationTimestamp', 'date'),
        ],
        schema: {
          openAPIV3Schema: {
            description: 'What a container may do.',
            type: 'object',
            required: ['spec'],
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object', properties: { name: nameShape.schema('kubernetes') } },
              spec: { description: 'What the workload may do.', ...specShape.schema('kubernetes') },
              status: ignored.schema('kubernetes'),
            },
          },
        },
      },
    ],
  },
});

/** As YAML 1.1 readers need it, those of Kubernetes: `off` without quotes is false there. */
const OLD_YAML = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;

const HEAD = `# Generated from the shapes policies are read by; do not edit. A cluster that has it takes RuntimePolicy objects and
# says what is wrong with them; what no schema can say, \`runward policy check\` does.
`;

/** As a manifest. */
export const policyCustomResourceText = (): string => HEAD + stringify(policyCustomResource(), OLD_YAML);
