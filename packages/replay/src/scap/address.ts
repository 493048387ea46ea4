import { formatIpv4, formatIpv6 } from '@runward/events';
import { unixName } from './lists.js';

const UNIX = 1;
const INET = 2;
const INET6 = 10;

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** An address as `bind`, `connect` and `sendto` are passed one: family (8 bits), then what the family has. */
export type Address =
  | { readonly family: 'ip'; readonly endpoint: Endpoint }
  | { readonly family: 'unix'; readonly path: string };

export function readAddress(bytes: Buffer | undefined): Address | undefined {
  if (bytes === undefined || bytes.length < 2) return undefined;
  switch (bytes[0]) {
    case INET:
      if (bytes.length < 7) return undefined;
      return { family: 'ip', endpoint: { ip: formatIpv4(bytes, 1), port: bytes.readUInt16LE(5) } };
    case INET6:
      if (bytes.length < 19) return undefined;
      return { family: 'ip', endpoint: { ip: formatIpv6(bytes, 1), port: bytes.readUInt16LE(17) } };
    case UNIX:
      return { family: 'unix', path: unixName(bytes.toString('utf8', 1)) };
    default:
      return undefined;
  }
}

/** Both ends of a connection; `source` is where the data, or the request to connect, comes from. */
export type Tuple =
  | {
      readonly family: 'ip';
      readonly source: Endpoint;
      readonly destination: Endpoint;
      readonly isV6: boolean;
    }
  | { readonly family: 'unix'; readonly path: string };

export function readTuple(bytes: Buffer | undefined): Tuple | undefined {
  if (bytes === undefined || bytes.length < 2) return undefined;
  switch (bytes[0]) {
    case INET:
      if (bytes.length < 13) return undefined;
      return {
        family: 'ip',
        isV6: false,
        source: { ip: formatIpv4(bytes, 1), port: bytes.readUInt16LE(5) },
        destination: { ip: formatIpv4(bytes, 7), port: bytes.readUInt16LE(11) },
      };
    case INET6:
      if (bytes.length < 37) return undefined;
      return {
        family: 'ip',
        isV6: true,
        source: { ip: formatIpv6(bytes, 1), port: bytes.readUInt16LE(17) },
        destination: { ip: formatIpv6(bytes, 19), port: bytes.readUInt16LE(35) },
      };
    case UNIX:
      return bytes.length < 17 ? undefined : { family: 'unix', path: unixName(bytes.toString('utf8', 17)) };
    default:
      return undefined;
  }
}
