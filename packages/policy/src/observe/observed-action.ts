import type { FileOperation, KernelHandle } from '../model/policy.js';

/** What an event shows that somebody did, in the terms of a policy. */
export type ObservedAction =
  | ObservedStart
  | ObservedFileUse
  | ObservedNetworkUse
  | { readonly section: 'capabilities'; readonly name: string }
  | { readonly section: 'syscalls'; readonly name: string }
  | { readonly section: 'kernelSurface'; readonly name: KernelHandle }
  | { readonly section: 'privilege'; readonly operation: 'setuid-execution' };

/** A program was started. */
export interface ObservedStart {
  readonly section: 'process';
  readonly path: string;
  /** argv after argv[0], joined by one blank. */
  readonly arguments: string;
  /** Executables of the ancestors in the container, nearest first. */
  readonly ancestors: readonly string[];
  /** It lies in the writable layer of the container's file system: it was not in the image. */
  readonly drift: boolean;
  /** It has no file: memory, or a file that was deleted. */
  readonly fileless: boolean;
}

export interface ObservedFileUse {
  readonly section: 'file';
  readonly operation: FileOperation;
  readonly path: string;
  /** Executable of the process that did it. */
  readonly by: string;
  /** The acting user owned the file; undefined when the event does not tell. */
  readonly owned: boolean | undefined;
}

export interface ObservedNetworkUse {
  readonly section: 'network';
  readonly operation: 'connect' | 'bind' | 'listen' | 'create';
  readonly family: 'ipv4' | 'ipv6' | 'unix' | 'netlink' | 'packet' | 'other';
  readonly protocol: 'tcp' | 'udp' | 'raw' | 'sctp' | 'icmp' | 'other';
  /** The remote end for connect, the local one else; '' where there is none. A path for unix sockets. */
  readonly address: string;
  readonly port: number;
  readonly by: string;
}
