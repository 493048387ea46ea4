import { expect, test } from 'vitest';
import type { ContainerInfo, MountInfo } from '../model.js';
import { fieldValue, type TestEvent, testContainer, testPod, testView } from '../testing/index.js';

const mount = (source: string, destination: string, readWrite = true): MountInfo => ({
  source,
  destination,
  mode: readWrite ? 'rw' : 'ro',
  readWrite,
  propagation: 'rprivate',
});
const mounts = [mount('/proc', '/host/proc'), mount('/var/run/docker.sock', '/docker.sock', false)];

const host: TestEvent = {};
const of = (facts: Partial<ContainerInfo> = {}): TestEvent => ({ container: testContainer(facts) });
const bare = of({
  name: '',
  image: '',
  imageId: '',
  imageDigest: '',
  ip: '',
  startedAtNs: 0n,
  metadata: 'path-only',
  privileged: undefined,
});
const pod = of({
  pod: testPod(),
  labels: new Map([
    ['a', '1'],
    ['b/c', '2'],
  ]),
});

test.each<[field: string, event: TestEvent, expected: unknown]>([
  ['container.id', of(), '3ad7b26ded6d'],
  ['container.id', host, 'host'],
  ['container.full_id', of({ id: 'web-1' }), 'web-1'],
  ['container.full_id', host, 'host'],
  ['container.name', of(), 'web'],
  ['container.name', host, 'host'],
  ['container.name', bare, undefined],
  ['container.type', of({ runtime: 'cri-o' }), 'cri-o'],
  ['container.type', host, 'host'],
  ['container.metadata', bare, 'path-only'],
  ['container.image', of(), 'docker.io/library/nginx:1.27'],
  ['container.image', bare, undefined],
  ['container.image', host, undefined],
  ['container.image.repository', of(), 'docker.io/library/nginx'],
  ['container.image.tag', of(), '1.27'],
  ['container.image.digest', of({ imageDigest: 'sha256:ab' }), 'sha256:ab'],
  ['container.image.id', of(), '39286ab8a5e1'],
  ['container.image.id', bare, undefined],
  ['container.privileged', of({ privileged: true }), true],
  ['container.privileged', bare, undefined],
  ['container.user', of({ user: '1000' }), '1000'],
  ['container.ip', of(), '172.17.0.2'],
  ['container.host_pid', of({ hostPid: true }), true],
  ['container.host_network', of(), false],
  ['container.host_ipc', host, undefined],
  ['container.label[b/c]', pod, '2'],
  ['container.label[x]', pod, undefined],
  ['container.label[x]', host, undefined],
  ['container.labels', pod, 'a:1, b/c:2'],
  ['container.labels', of(), undefined],
  ['container.env', of({ env: ['A=1'] }), ['A=1']],
  ['container.start_ts', of({ startedAtNs: 5n }), 5n],
  ['container.start_ts', bare, undefined],
  ['container.created_ts', of({ createdAtNs: 4n }), 4n],
  ['container.duration', { timeNs: 9n, ...of({ startedAtNs: 5n }) }, 4n],
  ['container.duration', { timeNs: 3n, ...of({ startedAtNs: 5n }) }, 0n],
  [
    'container.mounts',
    of({ mounts }),
    '/proc:/host/proc:rw:true:rprivate /var/run/docker.sock:/docker.sock:ro:false:rprivate',
  ],
  ['container.mounts', of(), undefined],
  ['container.mount[0]', of({ mounts }), '/proc:/host/proc:rw:true:rprivate'],
  ['container.mount[/proc]', of({ mounts }), '/proc:/host/proc:rw:true:rprivate'],
  ['container.mount.dest[/proc*]', of({ mounts }), '/host/proc'],
  ['container.mount.dest[/etc]', of({ mounts }), 'N/A'],
  ['container.mount.dest[7]', of({ mounts }), 'N/A'],
  ['container.mount.dest[/etc]', host, 'N/A'],
  ['container.mount.dest[*/docker.sock]', of({ mounts }), '/docker.sock'],
  ['container.mount.source[/host/*]', of({ mounts }), '/proc'],
  ['container.mount.source[1]', of({ mounts }), '/var/run/docker.sock'],
  ['container.mount.mode[/proc]', of({ mounts }), 'rw'],
  ['container.mount.rdwr[1]', of({ mounts }), 'false'],
  ['container.mount.propagation[0]', of({ mounts }), 'rprivate'],
  ['k8s.ns.name', pod, 'prod'],
  ['k8s.ns.name', of(), undefined],
  ['k8s.ns.name', host, undefined],
  ['k8s.pod.name', pod, 'shop-7d9c'],
  ['k8s.pod.uid', pod, 'b0f2e2a4-5d6e-4c59-9a9e-6f1f5a6b7c8d'],
  ['k8s.pod.id', pod, 'b0f2e2a4-5d6e-4c59-9a9e-6f1f5a6b7c8d'],
  ['k8s.pod.sandbox_id', pod, '63060edc2d3a'],
  ['k8s.pod.full_sandbox_id', pod, testPod().sandboxId],
  ['k8s.pod.ip', pod, '10.244.0.2'],
  ['k8s.pod.label[app]', pod, 'shop'],
  ['k8s.pod.labels', pod, 'app:shop'],
])('%s of %o is %o', (field, event, expected) => {
  expect(fieldValue(testView(event), field)).toEqual(expected);
});
