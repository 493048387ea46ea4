import { join } from 'node:path';
import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { onTestFinished } from 'vitest';
import type { ProtoPackage } from '../grpc/schema.js';
import { temporaryFolder } from './socket-server.js';

export type Answers = Readonly<Record<string, handleUnaryCall<Record<string, unknown>, object>>>;

/** The same tables as another implementation of protobuf reads them. */
function protobufTypes(proto: ProtoPackage): protobuf.Root {
  const root = new protobuf.Root();
  for (const [name, fields] of Object.entries(proto.messages)) {
    const type = new protobuf.Type(name);
    for (const [field, [id, kind, collection]] of Object.entries(fields)) {
      if (collection === 'map') type.add(new protobuf.MapField(field, id, 'string', kind));
      else type.add(new protobuf.Field(field, id, kind, collection === 'list' ? 'repeated' : undefined));
    }
    root.add(type);
  }
  return root;
}

/**
 * Serves methods of these packages on a unix socket as long as the test lasts; its path. Answers are keyed by
 * method, or by `Service.Method` where two services share one; methods without answer are not served.
 */
export async function serveGrpc(packages: readonly ProtoPackage[], answers: Answers): Promise<string> {
  const server = new Server({ 'grpc.max_send_message_length': -1 });
  for (const proto of packages) {
    const types = protobufTypes(proto);
    for (const [service, methods] of Object.entries(proto.services)) {
      const answerOf = (name: string): Answers[string] | undefined =>
        answers[`${service}.${name}`] ?? answers[name];
      const served = Object.entries(methods).filter(([name]) => answerOf(name) !== undefined);
      const definition = served.map(([name, [request, response]]) => {
        const requestType = types.lookupType(request);
        const responseType = types.lookupType(response);
        const method = {
          path: `/${proto.name}.${service}/${name}`,
          requestStream: false,
          responseStream: false,
          requestSerialize: (value: object) => Buffer.from(requestType.encode(value).finish()),
          requestDeserialize: (bytes: Buffer) => requestType.decode(bytes),
          responseSerialize: (value: object) =>
            Buffer.from(responseType.encode(responseType.fromObject(value)).finish()),
          responseDeserialize: (bytes: Buffer) => responseType.decode(bytes),
        };
        return [name, method] as const;
      });
      const implementation = Object.fromEntries(
        served.flatMap(([name]) => {
          const answer = answerOf(name);
          return answer === undefined ? [] : [[name, answer]];
        }),
      );
      if (served.length > 0) server.addService(Object.fromEntries(definition), implementation);
    }
  }
  const path = join(temporaryFolder(), 'g.sock');
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix://${path}`, ServerCredentials.createInsecure(), (problem) =>
      problem === null ? resolve() : reject(problem),
    ),
  );
  onTestFinished(() => server.forceShutdown());
  return path;
}
