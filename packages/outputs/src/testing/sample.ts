import type { Detection } from '@runward/detect';

const processNamed = (name: string, pid: number) => ({
  pid,
  vpid: 1,
  name,
  exe: `/bin/${name}`,
  args: [name, '/etc/shadow'],
  cwd: '/',
  uid: 0,
  user: 'root',
});

/** A detection with everything in it. */
export const sample: Detection = {
  time: '2026-03-01T12:34:56.123456789Z',
  rule: 'Password hashes read',
  priority: 'Critical',
  source: 'syscall',
  hostname: 'node-1',
  output: 'hashes read (file=/etc/shadow)',
  tags: ['container', 'mitre_credential_access', 'T1003.008'],
  output_fields: { 'fd.name': '/etc/shadow', 'user.name': null, 'evt.rawtime': 2n ** 63n },
  container: {
    id: 'abc123abc123abc123abc123',
    name: 'web',
    runtime: 'containerd',
    image: 'docker.io/library/nginx:1.27',
    imageDigest: 'sha256:00',
    privileged: false,
    pod: 'web-0',
    namespace: 'shop',
    problem: '',
  },
  process: processNamed('cat', 42),
  ancestors: [processNamed('sh', 41), processNamed('runc', 40)],
  event: {
    type: 'openat',
    number: 7,
    cpu: 1,
    callerMemory: false,
    truncated: false,
    compat32: false,
    ioUring: false,
  },
};

export const numbered = (number: number): Detection => ({
  ...sample,
  output: `number ${number}`,
  event: { ...sample.event, number },
});
