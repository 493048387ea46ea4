import { join } from 'node:path';
import { type handleUnaryCall, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CriClient } from '../cri/cri-client.js';
import { CRI } from '../cri/schema.js';
import { type Answers, serveGrpc } from '../testing/grpc-server.js';
import { serveBytes, temporaryFolder } from '../testing/socket-server.js';

const ID = 'ab'.repeat(32);
const POD = 'cd'.repeat(32);

const serveCri = (answers: Answers): Promise<string> => serveGrpc([CRI], answers);

function client(path: string, options = {}): CriClient {
  const made = new CriClient('cri-o', path, { timeoutMs: 1_000, ...options });
  onTestFinished(() => made.close());
  return made;
}

const container = {
  id: ID,
  metadata: { name: 'main' },
  image: { image: 'docker.io/library/app:1' },
  image_ref: 'x',
};

describe('CriClient', () => {
  it('reads container, pod and image', async () => {
    const info = JSON.stringify({
      sandboxID: POD,
      privileged: true,
      runtimeSpec: { process: { env: ['A=b'] } },
    });
    const path = await serveCri({
      ContainerStatus: (call, done) =>
        done(null, {
          status: {
            ...container,
            created_at: '1795473276384123754',
            started_at: '1795473277000000000',
            labels: { 'io.kubernetes.container.name': 'main' },
            mounts: [{ container_path: '/a', host_path: '/x', readonly: true, propagation: 2 }],
          },
          info: call.request.verbose === true ? { info } : {},
        }),
      PodSandboxStatus: (_, done) =>
        done(null, {
          status: {
            id: POD,
            metadata: { name: 'web-1', uid: 'u', namespace: 'shop' },
            network: { ip: '10.0.0.7' },
            linux: { namespaces: { options: { network: 2, pid: 1 } } },
            labels: { app: 'web' },
          },
        }),
      ImageStatus: (_, done) =>
        done(null, {
          image: { id: '1f'.repeat(32), repo_digests: [`docker.io/library/app@sha256:${'2e'.repeat(32)}`] },
        }),
    });
    expect(await client(path).lookup(ID)).toMatchObject({
      id: ID,
      runtime: 'cri-o',
      name: 'main',
      image: 'docker.io/library/app:1',
      imageId: `sha256:${'1f'.repeat(32)}`,
      imageDigest: `sha256:${'2e'.repeat(32)}`,
      privileged: true,
      env: ['A=b'],
      createdAtNs: 1795473276384123754n,
      hostNetwork: true,
      hostPid: false,
      ip: '10.0.0.7',
      mounts: [{ source: '/x', destination: '/a', readWrite: false, propagation: 'rshared' }],
      pod: { name: 'web-1', namespace: 'shop', uid: 'u', sandboxId: POD, ip: '10.0.0.7' },
    });
  });

  it('knows no container where there is none, nor where CRI is not served', async () => {
    const notFound: Answers[string] = (_, done) => done({ code: status.NOT_FOUND, details: 'no' });
    expect(
      await client(await serveCri({ ContainerStatus: notFound, PodSandboxStatus: notFound })).lookup(ID),
    ).toBe(undefined);
    const off = client(await serveCri({}));
    expect(await off.lookup(ID)).toBe(undefined);
    expect(await off.status()).toMatchObject({ ok: false, problem: 'does not serve CRI' });
  });

  it('goes on without what only the pod, the image or the verbose part would tell', async () => {
    const path = await serveCri({
      ContainerStatus: (_, done) => done(null, { status: container, info: { info: '{"sandboxID":' } }),
      ImageStatus: (_, done) => done({ code: status.INTERNAL, details: 'broken' }),
    });
    expect(await client(path).lookup(ID)).toMatchObject({
      name: 'main',
      pod: undefined,
      privileged: undefined,
    });
  });

  it('fails with a code when the answer does not come, is too large or is refused', async () => {
    const silent = client(await serveCri({ ContainerStatus: () => undefined }), { timeoutMs: 150 });
    await expect(silent.lookup(ID)).rejects.toMatchObject({ code: 'RUNTIME_TIMEOUT' });
    const big = { ...container, labels: { filler: 'x'.repeat(100_000) } };
    const huge = client(await serveCri({ ContainerStatus: (_, done) => done(null, { status: big }) }), {
      maxBytes: 4096,
    });
    await expect(huge.lookup(ID)).rejects.toMatchObject({ code: 'RUNTIME_ANSWER_TOO_LARGE' });
    const denied = client(
      await serveCri({
        ContainerStatus: (_, done) => done({ code: status.PERMISSION_DENIED, details: 'no' }),
      }),
    );
    await expect(denied.lookup(ID)).rejects.toMatchObject({ code: 'RUNTIME_REFUSED' });
  });

  it('fails with a code when the other side is no gRPC server', async () => {
    const mute = client(await serveBytes(() => undefined), { timeoutMs: 150 });
    await expect(mute.lookup(ID)).rejects.toMatchObject({ code: 'RUNTIME_TIMEOUT' });
    const babble = client(await serveBytes((socket) => socket.end('HTTP/1.1 400 No\r\n\r\n')), {
      timeoutMs: 500,
    });
    await expect(babble.lookup(ID)).rejects.toMatchObject({
      code: expect.stringMatching(/UNREACHABLE|TIMEOUT/),
    });
    const nobody = client(join(temporaryFolder(), 'none.sock'), { timeoutMs: 500 });
    await expect(nobody.lookup(ID)).rejects.toMatchObject({ code: 'RUNTIME_UNREACHABLE' });
  });

  it('fails with a code when the message is not what the schema allows', async () => {
    const server = new Server();
    const bytes = {
      path: '/runtime.v1.RuntimeService/ContainerStatus',
      requestStream: false,
      responseStream: false,
    };
    const raw = {
      ...bytes,
      requestSerialize: (value: Buffer) => value,
      requestDeserialize: (value: Buffer) => value,
      responseSerialize: () => Buffer.from('0aff7f01', 'hex'),
      responseDeserialize: (value: Buffer) => value,
    };
    const answer: handleUnaryCall<Buffer, object> = (_, done) => done(null, {});
    server.addService({ ContainerStatus: raw }, { ContainerStatus: answer });
    const path = join(temporaryFolder(), 'raw.sock');
    await new Promise((resolve) =>
      server.bindAsync(`unix://${path}`, ServerCredentials.createInsecure(), resolve),
    );
    onTestFinished(() => server.forceShutdown());
    await expect(client(path).lookup(ID)).rejects.toMatchObject({ code: 'RUNTIME_ANSWER_MALFORMED' });
  });

  it('stops asking when the caller does', async () => {
    const slow = client(await serveCri({ ContainerStatus: () => undefined }));
    const startedAtMs = performance.now();
    await expect(slow.lookup(ID, AbortSignal.timeout(30))).rejects.toMatchObject({
      code: 'RUNTIME_UNREACHABLE',
    });
    expect(performance.now() - startedAtMs).toBeLessThan(900);
  });
});
