import { status } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Answers, serveGrpc } from '../testing/grpc-server.js';
import { ContainerdClient } from './containerd-client.js';
import { CONTAINERD } from './schema.js';

const namespacesOf =
  (...names: readonly string[]): Answers[string] =>
  (_, done) =>
    done(null, { namespaces: names.map((name) => ({ name })) });

const specOf = (path: string, env: string): object => ({
  value: Buffer.from(JSON.stringify({ process: { env: [env] }, linux: { cgroupsPath: path } })),
});

async function client(answers: Answers): Promise<ContainerdClient> {
  const made = new ContainerdClient(await serveGrpc(CONTAINERD, answers), { timeoutMs: 1_000 });
  onTestFinished(() => made.close());
  return made;
}

/** `redis` in each of the namespaces, its environment naming where it is. */
const redisIn = (...namespaces: readonly string[]): Answers => ({
  'Namespaces.List': namespacesOf('default', ...namespaces, 'empty'),
  'Containers.Get': (call, done) => {
    const [namespace = ''] = call.metadata.get('containerd-namespace').map(String);
    if (!namespaces.includes(namespace)) return done({ code: status.NOT_FOUND, details: 'no' });
    const spec = specOf(`/${namespace}/redis`, `IN=${namespace}`);
    done(null, {
      container: { id: 'redis', image: 'r.test/redis:7', spec, created_at: { seconds: 5, nanos: 7 } },
    });
  },
  'Images.Get': (_, done) => done(null, { image: { target: { digest: 'sha256:abc' } } }),
});

describe('ContainerdClient', () => {
  it('finds a container in whichever namespace it is', async () => {
    expect(await (await client(redisIn('staging'))).lookup('redis')).toMatchObject({
      id: 'redis',
      name: 'redis',
      image: 'r.test/redis:7',
      imageDigest: 'sha256:abc',
      env: ['IN=staging'],
      createdAtNs: 5_000_000_007n,
    });
  });

  it('tells containers of one name apart by their cgroup, and picks none without it', async () => {
    const two = await client(redisIn('staging', 'live'));
    expect(await two.lookup('redis', undefined, '/live/redis')).toMatchObject({ env: ['IN=live'] });
    expect(await two.lookup('redis', undefined, '/staging/redis')).toMatchObject({ env: ['IN=staging'] });
    expect(await two.lookup('redis')).toBeUndefined();
    expect(await two.lookup('redis', undefined, '/other/redis')).toBeUndefined();
  });

  it('fails with a code when the specification is not JSON', async () => {
    const broken = await client({
      'Namespaces.List': namespacesOf('default'),
      'Containers.Get': (_, done) =>
        done(null, { container: { id: 'redis', spec: { value: Buffer.from('{') } } }),
    });
    await expect(broken.lookup('redis')).rejects.toMatchObject({ code: 'RUNTIME_ANSWER_MALFORMED' });
  });

  it('goes on without an image digest when the image is gone', async () => {
    const gone = await client({
      ...redisIn('live'),
      'Images.Get': (_, done) => done({ code: status.NOT_FOUND, details: 'no' }),
    });
    expect(await gone.lookup('redis')).toMatchObject({ image: 'r.test/redis:7', imageDigest: '' });
  });
});
