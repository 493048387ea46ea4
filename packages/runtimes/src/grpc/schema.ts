/** One protobuf message: field name to number, type and, for collections, kind. */
export type MessageFields = Readonly<
  Record<string, readonly [id: number, type: string, kind?: 'list' | 'map']>
>;

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

interface FieldDescriptor {
  readonly id: number;
  readonly type: string;
  readonly rule?: string;
  readonly keyType?: string;
}

interface MessageDescriptor {
  readonly fields: Record<string, FieldDescriptor>;
}

interface ServiceDescriptor {
  readonly methods: Record<string, { readonly requestType: string; readonly responseType: string }>;
}

export interface PackageDescriptor {
  readonly nested: Record<string, MessageDescriptor | ServiceDescriptor | PackageDescriptor>;
}

/** The descriptor that the protobuf library reads, so that no generated code or .proto file is shipped. */
export function descriptorOf(proto: ProtoPackage): PackageDescriptor {
  const messages = Object.entries(proto.messages).map(([name, fields]) => [name, messageOf(fields)] as const);
  const services = Object.entries(proto.services).map(
    ([name, methods]) => [name, serviceOf(methods)] as const,
  );
  const innermost: PackageDescriptor = { nested: Object.fromEntries([...messages, ...services]) };
  return proto.name.split('.').reduceRight((inner, part) => ({ nested: { [part]: inner } }), innermost);
}

function serviceOf(methods: Readonly<Record<string, readonly [string, string]>>): ServiceDescriptor {
  const entries = Object.entries(methods).map(
    ([name, [requestType, responseType]]) => [name, { requestType, responseType }] as const,
  );
  return { methods: Object.fromEntries(entries) };
}

function messageOf(fields: MessageFields): MessageDescriptor {
  const entries = Object.entries(fields).map(([name, [id, type, kind]]) => {
    const rule = kind === 'list' ? { rule: 'repeated' } : {};
    const key = kind === 'map' ? { keyType: 'string' } : {};
    return [name, { id, type, ...rule, ...key }] as const;
  });
  return { fields: Object.fromEntries(entries) };
}
