/** Who decided something, as far as the machine knows (`whoIs` of the state room). */
export interface EvidenceWho {
  readonly uid: number;
  readonly user: string;
  readonly loginUser?: string;
  readonly sudoUser?: string;
  readonly terminal?: string;
  readonly program: string;
}

/** What of a detection the log's readers look for; the rest is kept as it is. */
export interface DetectionBody {
  readonly rule: string;
  readonly priority: string;
  /** When the event was, RFC 3339; the record's own time is when it was told. */
  readonly time: string;
  readonly output: string;
  readonly container: { readonly id: string; readonly name: string } | null;
}

export interface FileDigest {
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** How much went by unrecorded, and where. */
export interface GapBody {
  /** sensor: records the kernel could not hand over; log: records this log could not take. */
  readonly where: 'sensor' | 'log' | (string & {});
  readonly why: string;
  /** How many, by what was lost: event types of the sensor, kinds of the log. */
  readonly lost: Readonly<Record<string, number>>;
  readonly firstTime: string;
  readonly lastTime: string;
}

/** One response to something that was found or asked. */
export interface ResponseBody {
  /** `isolate`, `release`, `kill-process`… */
  readonly action: string;
  /** `done`, `failed`, `refused`, `undone`… */
  readonly outcome: string;
  /** Whoever asked: a person, or undefined where a rule or playbook did. */
  readonly who?: EvidenceWho;
}

export interface IncidentBody {
  readonly id: string;
  /** `opened`, `grew`, `noted`, `assigned`, `resolved`… */
  readonly change: string;
  readonly who?: EvidenceWho;
}

/** Something of the control plane that somebody changed over its API. */
export interface ControlChangeBody {
  /** The operation, such as `createPerson`. */
  readonly action: string;
  readonly who: {
    readonly id: string;
    readonly name: string;
    /** A session of a browser, or a token by its id. */
    readonly through: string;
    readonly address: string;
  } | null;
  /** What was changed, such as `people/4f1c…`. */
  readonly target: string;
  /** As it was and as it is; null where there is nothing. Never a secret. */
  readonly before: unknown;
  readonly after: unknown;
}

/** What a server thinks of the machine of a node, when that changes; in its own log with the node, in the node's without. */
export interface NodeTrustBody {
  /** `unknown`, `trusted`, `failed`. */
  readonly state: string;
  /** A word of docs/node-attestation.md; '' where it is trusted. */
  readonly reason: string;
  readonly detail: string;
}

/** Somebody elsewhere testifies that a record was there at a time. */
export interface AnchorBody {
  /** Where it was asked. */
  readonly authority: string;
  /** The segment that ends with the record. */
  readonly segment: number;
  readonly seq: number;
  /** SHA-256 of the record's text, hexadecimal. */
  readonly digest: string;
  /** As the authority says, RFC 3339. */
  readonly time: string;
  readonly serial: string;
  /** The token of RFC 3161, base64. */
  readonly token: string;
}

/**
 * What the log holds, by kind. A room that has something to say adds its kind here: the log itself asks nothing of
 * a body but that it is data. Bodies may say more than these types.
 */
export interface EvidenceKinds {
  readonly detection: DetectionBody;
  /** A detection that a policy made (`source` is `policy`). */
  readonly verdict: DetectionBody;
  readonly response: ResponseBody;
  readonly incident: IncidentBody;
  readonly 'policy.change': {
    readonly action: string;
    readonly who: EvidenceWho;
    readonly changes: readonly unknown[];
  };
  /** Somebody said that what a workload may do is right. */
  readonly 'attest.approved': {
    readonly who: EvidenceWho;
    /** `container:web`, `workload:…`, `image:…` */
    readonly key: string;
    readonly digest: string;
    readonly why: string;
  };
  readonly 'rules.loaded': {
    readonly accepted: boolean;
    readonly files: readonly FileDigest[];
    /** start, or reload. */
    readonly when: string;
  };
  /** Every request over the control socket that changes something. */
  readonly command: {
    readonly who: EvidenceWho;
    /** `POST /v1/policies/apply` */
    readonly request: string;
    readonly status: number;
  };
  readonly 'agent.start': { readonly producer: string; readonly pid: number };
  readonly 'agent.stop': { readonly why: string };
  /** Of what runs and what it was told. */
  readonly 'agent.digests': { readonly files: readonly FileDigest[] };
  readonly 'control.change': ControlChangeBody;
  readonly 'node.trust': NodeTrustBody;
  readonly gap: GapBody;
  readonly anchor: AnchorBody;
}

export type EvidenceKind = keyof EvidenceKinds;

/** What the log writes of itself. */
export const LOG_KINDS = {
  open: 'segment.open',
  close: 'segment.close',
  rotate: 'key.rotate',
  pruned: 'log.pruned',
  resumed: 'log.resumed',
} as const;
