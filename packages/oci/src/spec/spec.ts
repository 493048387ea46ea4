/**
 * The parts of an OCI runtime specification (`config.json`) that policies read or change. Everything else is
 * carried along unseen. Field names are those of the specification, version 1.0 to 1.2.
 */
export interface OciSpec extends Carried {
  readonly root?: OciRoot;
  readonly process?: OciProcess;
  readonly mounts?: readonly OciMount[];
  readonly hooks?: OciHooks;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux?: OciLinux;
}

/** What is not looked at stays as it was. */
interface Carried {
  readonly [field: string]: unknown;
}

export interface OciRoot extends Carried {
  readonly path?: string;
  readonly readonly?: boolean;
}

export interface OciProcess extends Carried {
  readonly capabilities?: OciCapabilities;
  readonly noNewPrivileges?: boolean;
  readonly apparmorProfile?: string;
  readonly selinuxLabel?: string;
}

export const CAPABILITY_SETS = ['bounding', 'effective', 'inheritable', 'permitted', 'ambient'] as const;
export type CapabilitySet = (typeof CAPABILITY_SETS)[number];
/** Names with `CAP_`. */
export type OciCapabilities = Carried & { readonly [set in CapabilitySet]?: readonly string[] };

export interface OciMount extends Carried {
  readonly destination: string;
  readonly source?: string;
}

export interface OciLinux extends Carried {
  readonly seccomp?: OciSeccomp;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly resources?: OciResources;
  readonly cgroupsPath?: string;
}

export interface OciResources extends Carried {
  readonly devices?: readonly OciDeviceRule[];
}

export interface OciDeviceRule extends Carried {
  readonly allow: boolean;
  readonly type?: string;
  readonly access?: string;
}

export interface OciSeccomp extends Carried {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly syscalls?: readonly OciSyscallRule[];
}

export interface OciSyscallRule extends Carried {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  /** All must hold. */
  readonly args?: readonly OciSyscallArgument[];
}

export interface OciSyscallArgument {
  readonly index: number;
  readonly value: number;
  /** For `SCMP_CMP_MASKED_EQ`: `(argument & value) == valueTwo`. */
  readonly valueTwo?: number;
  readonly op: string;
}

export interface OciHooks extends Carried {
  readonly createRuntime?: readonly OciHook[];
}

export interface OciHook extends Carried {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** Seconds. */
  readonly timeout?: number;
}
