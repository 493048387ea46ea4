/** Scalars that the interfaces in use have; anything else is the name of a message of the same package. */
export type ScalarType = 'string' | 'bytes' | 'bool' | 'int32' | 'int64';

/** One field: number, type and, for collections, kind. The keys of maps are strings. */
export type Field = readonly [id: number, type: string, kind?: 'list' | 'map'];
export type MessageFields = Readonly<Record<string, Field>>;

/** The messages and unary methods of one protobuf package, as far as they are used here. */
export interface ProtoPackage {
  /** `runtime.v1` */
  readonly name: string;
  readonly messages: Readonly<Record<string, MessageFields>>;
  /** Service to method to request and response message. */
  readonly services: Readonly<
    Record<string, Readonly<Record<string, readonly [request: string, response: string]>>>
  >;
}

const SCALARS: ReadonlySet<string> = new Set(['string', 'bytes', 'bool', 'int32', 'int64']);
export const isScalar = (type: string): type is ScalarType => SCALARS.has(type);

/** The fields of a message that the tables of `proto` name. */
export function fieldsOf(proto: ProtoPackage, message: string): MessageFields {
  const fields = proto.messages[message];
  if (fields === undefined) throw new TypeError(`no message ${message} in the tables of ${proto.name}`);
  return fields;
}
