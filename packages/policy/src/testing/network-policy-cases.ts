/**
 * What NetworkPolicies mean, as a table: in a world of four pods and an address outside, which connections a set of
 * policies lets through. By the text of the Kubernetes API; run without sockets and with.
 */
export interface NetworkPolicyCase {
  readonly name: string;
  /** Each the `spec` of a NetworkPolicy, in the namespace `shop` or the one named. */
  readonly policies: readonly { readonly namespace?: string; readonly spec: string }[];
  /** Probes that get through; all others do not. */
  readonly passes: readonly Probe[];
}

export const POD_NAMES = ['web', 'db', 'job', 'stranger'] as const;
export type PodName = (typeof POD_NAMES)[number];

/** Every pod serves TCP at 8080 (`http`) and 8081, and UDP at 9090 (`echo`). */
export const PODS: Readonly<
  Record<PodName, { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }>
> = {
  web: { namespace: 'shop', labels: { app: 'web', tier: 'front' } },
  db: { namespace: 'shop', labels: { app: 'db', tier: 'back' } },
  job: { namespace: 'shop', labels: { app: 'job', tier: 'back' } },
  stranger: { namespace: 'other', labels: { app: 'web' } },
};

/** What each case tries: everybody asks `db`, `web` asks around. */
export const PROBES = [
  'web>db:8080/tcp',
  'web>db:8081/tcp',
  'web>db:9090/udp',
  'job>db:8080/tcp',
  'stranger>db:8080/tcp',
  'web>job:8080/tcp',
  'web>stranger:8080/tcp',
] as const;
export type Probe = (typeof PROBES)[number];

export const CLUSTER_OBJECTS = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { team: sales } }
---
apiVersion: v1
kind: Namespace
metadata: { name: other, labels: { team: ops, public: "yes" } }
${POD_NAMES.map(
  (name) => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${PODS[name].namespace}, labels: ${JSON.stringify(PODS[name].labels)} }
spec: { containers: [{ name: main, ports: [{ name: http, containerPort: 8080 }, { name: echo, containerPort: 9090, protocol: UDP }] }] }`,
).join('\n')}
`;

export const objectsOf = ({ policies }: NetworkPolicyCase): string =>
  [
    CLUSTER_OBJECTS,
    ...policies.map(
      ({ namespace = 'shop', spec }, at) =>
        `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: p${at}, namespace: ${namespace} }\nspec: ${spec}`,
    ),
  ].join('\n---\n');

const ALL = PROBES;
const but = (...missing: readonly Probe[]): readonly Probe[] =>
  ALL.filter((probe) => !missing.includes(probe));
const TO_DB = PROBES.filter((probe) => probe.includes('>db:'));
const FROM_WEB = PROBES.filter((probe) => probe.startsWith('web>'));
const WEB_TO_DB = TO_DB.filter((probe) => probe.startsWith('web>'));
const AROUND = PROBES.filter((probe) => !TO_DB.includes(probe));
const WEB_TCP = ['web>db:8080/tcp', 'web>db:8081/tcp'] as const;

const DB = 'podSelector: { matchLabels: { app: db } }';
const WEB = 'podSelector: { matchLabels: { app: web } }';
const ingress = (rules: string, pods = DB): string =>
  `{ ${pods}, policyTypes: [Ingress], ingress: [${rules}] }`;
const egress = (rules: string, pods = WEB): string =>
  `{ ${pods}, policyTypes: [Egress], egress: [${rules}] }`;
const row = (name: string, specs: readonly string[], passes: readonly Probe[]): NetworkPolicyCase => ({
  name,
  policies: specs.map((spec) => ({ spec })),
  passes,
});
/** Addresses as the topology of the tests gives them, in the order of the pods. */
export const POD_ADDRESSES: Readonly<Record<PodName, string>> = {
  web: '10.77.0.2',
  db: '10.77.0.3',
  job: '10.77.0.4',
  stranger: '10.77.0.5',
};
const block = (cidr: string, ...except: readonly string[]): string =>
  `{ ipBlock: { cidr: ${cidr}${except.length > 0 ? `, except: [${except.join(', ')}]` : ''} } }`;

export const NETWORK_POLICY_CASES: readonly NetworkPolicyCase[] = [
  row(
    'a policy that selects nobody changes nothing',
    [ingress('', 'podSelector: { matchLabels: { app: none } }')],
    ALL,
  ),
  row('no rules of ingress: nobody gets in', [ingress('')], AROUND),
  row('an empty rule of ingress: everybody gets in', [ingress('{}')], ALL),
  row('an empty list of peers is everybody', [ingress('{ from: [] }')], ALL),
  row('without types a policy is of ingress', [`{ ${DB} }`], AROUND),
  row(
    'all pods of the namespace',
    ['{ podSelector: {}, policyTypes: [Ingress] }'],
    ['web>stranger:8080/tcp'],
  ),
  {
    name: 'a policy of another namespace is about the pods there',
    policies: [{ namespace: 'other', spec: '{ podSelector: {}, policyTypes: [Ingress] }' }],
    passes: but('web>stranger:8080/tcp'),
  },
  row('pods by label, of the same namespace', [ingress(`{ from: [{ ${WEB} }] }`)], [...WEB_TO_DB, ...AROUND]),
  row(
    'pods by another label',
    [ingress('{ from: [{ podSelector: { matchLabels: { tier: back } } }] }')],
    ['job>db:8080/tcp', ...AROUND],
  ),
  row(
    'pods by two labels, both of which they must have',
    [ingress('{ from: [{ podSelector: { matchLabels: { app: web, tier: back } } }] }')],
    AROUND,
  ),
  row(
    'all pods of the same namespace',
    [ingress('{ from: [{ podSelector: {} }] }')],
    but('stranger>db:8080/tcp'),
  ),
  row(
    'pods by one of several values',
    [
      ingress(
        '{ from: [{ podSelector: { matchExpressions: [{ key: app, operator: In, values: [web, job] }] } }] }',
      ),
    ],
    but('stranger>db:8080/tcp'),
  ),
  row(
    'a namespace by its label',
    [ingress('{ from: [{ namespaceSelector: { matchLabels: { team: ops } } }] }')],
    ['stranger>db:8080/tcp', ...AROUND],
  ),
  row(
    'a namespace by the label that has its name',
    [ingress('{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: other } } }] }')],
    ['stranger>db:8080/tcp', ...AROUND],
  ),
  row(
    'a namespace that does not have a label',
    [
      ingress(
        '{ from: [{ namespaceSelector: { matchExpressions: [{ key: public, operator: DoesNotExist }] } }] }',
      ),
    ],
    but('stranger>db:8080/tcp'),
  ),
  row(
    'a namespace that has a label',
    [ingress('{ from: [{ namespaceSelector: { matchExpressions: [{ key: public, operator: Exists }] } }] }')],
    ['stranger>db:8080/tcp', ...AROUND],
  ),
  row(
    'a namespace with none of some values',
    [
      ingress(
        '{ from: [{ namespaceSelector: { matchExpressions: [{ key: team, operator: NotIn, values: [sales] }] } }] }',
      ),
    ],
    ['stranger>db:8080/tcp', ...AROUND],
  ),
  row('all namespaces', [ingress('{ from: [{ namespaceSelector: {} }] }')], ALL),
  row(
    'no namespace fits: nobody',
    [ingress('{ from: [{ namespaceSelector: { matchLabels: { team: none } } }] }')],
    AROUND,
  ),
  row(
    'a namespace and pods in it: both',
    [ingress('{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: web } } }] }')],
    but('job>db:8080/tcp'),
  ),
  row(
    'a namespace, or pods: either',
    [
      ingress(
        '{ from: [{ namespaceSelector: { matchLabels: { team: ops } } }, { podSelector: { matchLabels: { app: job } } }] }',
      ),
    ],
    but(...WEB_TO_DB),
  ),
  row('one port', [ingress('{ ports: [{ port: 8080 }] }')], but('web>db:8081/tcp', 'web>db:9090/udp')),
  row('a port is of TCP where nothing is said', [ingress('{ ports: [{ port: 9090 }] }')], AROUND),
  row(
    'a port of UDP',
    [ingress('{ ports: [{ port: 9090, protocol: UDP }] }')],
    ['web>db:9090/udp', ...AROUND],
  ),
  row(
    'a protocol without a port is all its ports',
    [ingress('{ ports: [{ protocol: TCP }] }')],
    but('web>db:9090/udp'),
  ),
  row(
    'a range of ports',
    [ingress('{ ports: [{ port: 8081, endPort: 9000 }] }')],
    ['web>db:8081/tcp', ...AROUND],
  ),
  row(
    'several ports',
    [ingress('{ ports: [{ port: 8081 }, { port: 9090, protocol: UDP }] }')],
    ['web>db:8081/tcp', 'web>db:9090/udp', ...AROUND],
  ),
  row(
    'a port by its name',
    [ingress('{ ports: [{ port: http }] }')],
    but('web>db:8081/tcp', 'web>db:9090/udp'),
  ),
  row(
    'a port of UDP by its name',
    [ingress('{ ports: [{ port: echo, protocol: UDP }] }')],
    ['web>db:9090/udp', ...AROUND],
  ),
  row(
    'peers and ports: both',
    [ingress(`{ from: [{ ${WEB} }], ports: [{ port: 8081 }] }`)],
    ['web>db:8081/tcp', ...AROUND],
  ),
  row(
    'several rules add up',
    [
      ingress(
        `{ from: [{ ${WEB} }], ports: [{ port: 8081 }] }, { from: [{ podSelector: { matchLabels: { app: job } } }] }`,
      ),
    ],
    ['web>db:8081/tcp', 'job>db:8080/tcp', ...AROUND],
  ),
  row(
    'several policies add up',
    [
      ingress(`{ from: [{ ${WEB} }], ports: [{ port: 8080 }] }`),
      ingress('{ from: [{ namespaceSelector: { matchLabels: { team: ops } } }] }'),
    ],
    ['web>db:8080/tcp', 'stranger>db:8080/tcp', ...AROUND],
  ),
  row('a policy that allows nothing takes nothing from one that does', [ingress(''), ingress('{}')], ALL),
  row('a block of addresses', [ingress(`{ from: [${block('10.77.0.2/32')}] }`)], [...WEB_TO_DB, ...AROUND]),
  row(
    'a block but for some',
    [ingress(`{ from: [${block('10.77.0.0/24', '10.77.0.4/31')}] }`)],
    [...WEB_TO_DB, ...AROUND],
  ),
  row(
    'what one block excepts, another may allow',
    [ingress(`{ from: [${block('10.77.0.0/24', '10.77.0.4/31')}, ${block('10.77.0.5/32')}] }`)],
    but('job>db:8080/tcp'),
  ),
  row('a block that holds nobody here', [ingress(`{ from: [${block('192.168.0.0/16')}] }`)], AROUND),
  row(
    'a block and pods: either',
    [ingress(`{ from: [${block('10.77.0.5/32')}, { podSelector: { matchLabels: { app: job } } }] }`)],
    but(...WEB_TO_DB),
  ),
  row('no rules of egress: nobody is asked', [egress('')], ['job>db:8080/tcp', 'stranger>db:8080/tcp']),
  row('an empty rule of egress: everybody is asked', [egress('{}')], ALL),
  row('rules of egress make a policy of both types', [`{ ${WEB}, egress: [{}] }`], ALL),
  row('a policy of egress says nothing of who gets in', [egress('', DB)], ALL),
  row(
    'egress to pods by label',
    [egress(`{ to: [{ ${DB} }] }`)],
    but('web>job:8080/tcp', 'web>stranger:8080/tcp'),
  ),
  row(
    'egress to a namespace',
    [egress('{ to: [{ namespaceSelector: { matchLabels: { team: ops } } }] }')],
    but(...WEB_TO_DB, 'web>job:8080/tcp'),
  ),
  row('egress to a port', [egress('{ ports: [{ port: 8080 }] }')], but('web>db:8081/tcp', 'web>db:9090/udp')),
  row(
    'egress to a port by its name',
    [egress('{ ports: [{ port: echo, protocol: UDP }] }')],
    but(...WEB_TCP, 'web>job:8080/tcp', 'web>stranger:8080/tcp'),
  ),
  row(
    'egress to a block but for some',
    [egress(`{ to: [${block('10.77.0.0/24', '10.77.0.3/32')}] }`)],
    but(...WEB_TO_DB),
  ),
  row(
    'egress and ingress must both allow',
    [egress(`{ to: [{ ${DB} }], ports: [{ port: 8080 }] }`), ingress(`{ from: [{ ${WEB} }] }`)],
    ['web>db:8080/tcp'],
  ),
  row(
    'what egress allows, ingress may refuse',
    [egress('{}'), ingress('')],
    FROM_WEB.filter((probe) => !TO_DB.includes(probe)),
  ),
  row(
    'both types without rules: nothing',
    [`{ ${WEB}, policyTypes: [Ingress, Egress] }`],
    ['job>db:8080/tcp', 'stranger>db:8080/tcp'],
  ),
];
