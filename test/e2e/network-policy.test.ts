import {
  compileForKernel,
  importNetworkPolicies,
  mergePolicies,
  type RuntimePolicy,
  resolvePeers,
  selectPolicies,
  selects,
  type Workload,
  type WorkloadPeer,
} from '@runward/policy';
import {
  NETWORK_POLICY_CASES,
  type NetworkPolicyCase,
  objectsOf,
  POD_ADDRESSES,
  POD_NAMES,
  PODS,
  type PodName,
  PROBES,
  type Probe,
  testPolicies,
  testWorkload,
} from '@runward/policy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cgroupOf, Guard } from './guard.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { NODE, Topology } from './harness/topology.js';

const runtime = runtimes.runc();
const pods = new Map<PodName, TestContainer>();
let net: Topology;
let guard: Guard;

const SERVERS = 'traffic serve :: 8080 & traffic serve :: 8081 & traffic serve-udp :: 9090 & wait';

const workloadOf = (name: PodName): Workload =>
  testWorkload({
    name,
    pod: { namespace: PODS[name].namespace, labels: new Map(Object.entries(PODS[name].labels)) },
  });

const addressesOf = (peer: WorkloadPeer): readonly string[] =>
  POD_NAMES.filter((name) =>
    selects(
      {
        ...{ ...peer, digests: [], runtimes: [], containerLabels: new Map() },
        podLabels: new Map(Object.entries(peer.podLabels)),
      },
      workloadOf(name),
    ),
  ).map((name) => POD_ADDRESSES[name]);

function setOf(policies: readonly RuntimePolicy[], name: PodName): number {
  const effective = resolvePeers(mergePolicies(selectPolicies(policies, workloadOf(name))), {
    ...{ self: [POD_ADDRESSES[name]], host: [NODE.v4], kubernetesApi: [], workload: addressesOf },
  });
  const { tables, diagnostics } = compileForKernel(effective);
  if (tables === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return guard.enforcement.load(tables);
}

function enforce(each: NetworkPolicyCase): void {
  const { text, diagnostics } = importNetworkPolicies([{ name: 'c.yaml', text: objectsOf(each) }], 'protect');
  expect(diagnostics).toEqual([]);
  const policies = testPolicies(text, { warnings: true });
  for (const [name, { pid = 0 }] of pods)
    guard.enforcement.bind({ cgroups: [cgroupOf(pid)], pid, set: setOf(policies, name), failClosed: true });
}

async function passes(probe: Probe): Promise<boolean> {
  const [, from = '', to = '', port = '', protocol] = /^(\w+)>(\w+):(\d+)\/(\w+)$/.exec(probe) ?? [];
  const address = POD_ADDRESSES[to as PodName]; // a probe is made of names of pods
  const ask = protocol === 'udp' ? ['udp', address, port, '5'] : ['request', address, port, '32', '7'];
  const result = await pods.get(from as PodName)?.exec(['timeout', '0.5', 'traffic', ...ask]);
  return result?.stdout.includes('got') === true;
}

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  net = await Topology.make();
  for (const [at, name] of POD_NAMES.entries()) {
    const container = await runtime.start({ args: ['sh', '-c', SERVERS] });
    pods.set(name, container);
    await net.join(container.pid ?? 0, at + 2);
  }
  guard = await Guard.open();
}, 180_000);

afterAll(async () => {
  await runtime.close();
  await guard?.close();
  await net?.remove();
}, 60_000);

describe('NetworkPolicies on sockets', () => {
  it.each(NETWORK_POLICY_CASES.map((each) => [each.name, each] as const))(
    '%s',
    async (_, each) => {
      enforce(each);
      const passed = await Promise.all(PROBES.map(async (probe) => [probe, await passes(probe)] as const));
      expect(passed.flatMap(([probe, got]) => (got ? [probe] : []))).toEqual(
        PROBES.filter((probe) => each.passes.includes(probe)),
      );
    },
    30_000,
  );
});
