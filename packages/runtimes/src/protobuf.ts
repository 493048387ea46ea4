/** Protocol buffers by tables, for whoever speaks with a runtime in another protocol than gRPC. */
export { decodeMessage } from './grpc/decode.js';
export { encodeMessage } from './grpc/encode.js';
export type { MessageFields, ProtoPackage } from './grpc/schema.js';
