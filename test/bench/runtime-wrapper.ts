/**
 * What `runward-oci` adds to the start of a container: `runc run` of a program that ends at once, alone and behind the
 * wrapper, in turn. One JSON line per figure. The agent's part runs in this process, with a kernel that only says yes:
 * binding itself is measured where it is done.
 *
 *   scripts/node test/bench/runtime-wrapper.ts [ROUNDS]        (root; after `make build`)
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ControlServer } from '@runward/agent/control';
import { creationRoutes } from '@runward/agent/creation';
import { ImageTrust } from '@runward/agent/trust';
import { IndexSource } from '@runward/oci';
import { readPolicies, writePolicyIndex } from '@runward/policy';
import { newKey, RegistryServer, signWithKey, TestRepository } from '@runward/trust/testing';
import { median, rounded } from './statistics.ts';

const rounds = Number(process.argv[2] ?? 15);
const front = resolve(import.meta.dirname, '../../build/oci/runward-oci');
const folder = mkdtempSync(join(tmpdir(), 'rwb-'));
const bundle = join(folder, 'bundle');
const socket = join(folder, 'agent.sock');
const config = join(bundle, 'config.json');

mkdirSync(join(bundle, 'rootfs/bin'), { recursive: true });
for (const name of ['proc', 'dev', 'sys']) mkdirSync(join(bundle, 'rootfs', name));
copyFileSync('/bin/busybox', join(bundle, 'rootfs/bin/true'));
mkdirSync(join(folder, 'policies'));

const repository = new TestRepository();
const image = repository.image({ tag: '1' });
const key = newKey();
signWithKey(repository, image, key);
const registry = await RegistryServer.start(repository);
const images = new ImageTrust({ state: folder });

const capabilities = ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_RAW', 'CAP_SETUID', 'CAP_SETGID'];
const spec = (filter: boolean): string =>
  JSON.stringify({
    ociVersion: '1.0.2',
    annotations: { 'org.opencontainers.image.ref.name': `${registry.host}/app:1@${image.digest}` },
    root: { path: 'rootfs' },
    process: {
      user: { uid: 0, gid: 0 },
      cwd: '/',
      args: ['/bin/true'],
      env: ['PATH=/bin'],
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
    linux: {
      cgroupsPath: `/rwb-${process.pid}`,
      namespaces: ['ipc', 'uts', 'mount', 'pid'].map((type) => ({ type })),
      resources: { devices: [{ allow: true, access: 'rwm' }] },
      // The same filter the policy leads to: its cost is the runtime's, not the wrapper's.
      ...(filter ? { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'], syscalls: [{ names: ['bpf'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }] } } : {}), // biome-ignore format: one line
    },
  });

const capabilitiesOnly = 'capabilities:\n  deny: [NET_RAW]\nkernelSurface:\n  deny: [bpf]\n';
const policies = {
  none: undefined,
  other: `selector:\n  containerNames: [other]\nmode: protect\n${capabilitiesOnly}`,
  specification: `mode: protect\n${capabilitiesOnly}`,
  image: `trust:\n  mode: protect\n  onFailure: closed\n  signers: [{name: release, key: ${JSON.stringify(key.publicKey)}}]\n`,
  bound: `mode: protect\n${capabilitiesOnly}file:\n  deny:\n    - directory: /etc\n      operations: [write]\n`,
} as const;

function apply(spec: string | undefined): void {
  const index = join(folder, 'policies/index.json');
  if (spec === undefined) {
    rmSync(index, { force: true });
    return;
  }
  const text = `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata:\n  name: bench\nspec:\n${spec.replace(/^/gm, '  ').trimEnd()}\n`;
  const { policies: read, diagnostics } = readPolicies([{ name: 'bench.yaml', text }]);
  if (read.length !== 1) throw new Error(JSON.stringify(diagnostics));
  const digest = `sha256:${'0'.repeat(64)}`;
  writeFileSync(index, writePolicyIndex({ policies: read.map((policy) => ({ policy, digest })) }));
}

let serial = 0;
function start(program: string, environment: Record<string, string>): Promise<number> {
  const args = ['--root', join(folder, 'state'), 'run', '--bundle', bundle, `rwb-${process.pid}-${++serial}`];
  return new Promise((done, fail) => {
    const startedAtMs = performance.now();
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...environment },
    });
    child.on('error', fail);
    child.on('exit', (code) =>
      code === 0 ? done(performance.now() - startedAtMs) : fail(new Error(`${program} exited ${code}`)),
    );
  });
}

const environment = { RUNWARD_RUNTIME: '/usr/sbin/runc', RUNWARD_SOCKET: socket, RUNWARD_STATE: folder };

async function compare(
  figure: string,
  policy: string | undefined,
  target: string,
  withAgent: boolean,
): Promise<void> {
  apply(policy);
  const index = new IndexSource(folder);
  const server = withAgent ? await ControlServer.open(socket, []) : undefined;
  server?.mount(
    creationRoutes({
      policies: () => index.policies(),
      hook: { program: front, socket, state: folder },
      kernel: { problem: () => undefined, bind: () => Promise.resolve() },
      images,
    }),
  );
  const [alone, wrapped]: [number[], number[]] = [[], []];
  for (let round = -1; round < rounds; round++) {
    writeFileSync(config, spec(policy === policies.specification || policy === policies.bound));
    const a = await start('/usr/sbin/runc', {});
    writeFileSync(config, spec(false));
    const b = await start(front, environment);
    // The first round warms what a running agent has warm.
    if (round >= 0) [alone, wrapped].forEach((list, side) => void list.push(side === 0 ? a : b));
  }
  await server?.close();
  const value = median(wrapped.map((ms, round) => ms - (alone[round] ?? Number.NaN)));
  const detail = { aloneMs: rounded(median(alone)), wrappedMs: rounded(median(wrapped)), rounds };
  console.log(JSON.stringify({ figure, value: rounded(value), unit: 'ms more per container, median of paired rounds', target, detail })); // biome-ignore format: one line
}

try {
  await compare('wrapper_no_policy', policies.none, '<= 50', true);
  await compare('wrapper_other_policy', policies.other, '<= 50', true);
  await compare('wrapper_specification', policies.specification, '<= 50', true);
  await compare('wrapper_trusted_image', policies.image, '<= 50', true);
  await compare('wrapper_bound', policies.bound, '<= 50', true);
  await compare('wrapper_no_agent', policies.specification, 'none; the agent is away', false);
} finally {
  await registry.stop();
  rmSync(folder, { recursive: true, force: true });
}
