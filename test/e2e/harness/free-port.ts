import { type AddressInfo, createServer } from 'node:net';

/** A port of loopback that nobody listens at, for a program that has to be told one. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as AddressInfo; // it listens at a port
  await new Promise((done) => probe.close(done));
  return port;
}
