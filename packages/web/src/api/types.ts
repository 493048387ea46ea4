/** What the API answers, as its document (`/api/v1/openapi.json`) says. Times are milliseconds since the epoch. */
export type Role = 'viewer' | 'analyst' | 'responder' | 'author' | 'approver' | 'admin';

export interface Grant {
  readonly role: Role;
  readonly cluster: string;
  readonly namespace: string;
  readonly workload: string;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly grants: readonly Grant[];
  readonly disabled: boolean;
  readonly mustChangePassword: boolean;
  readonly createdAt: number;
  readonly seenAt: number | null;
}

export interface Session {
  readonly person: Person;
  readonly permissions: readonly string[];
  readonly proof: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export type TrustState = 'approved' | 'changed' | 'unapproved';

export interface TrustContainer {
  readonly node: string;
  readonly container: string;
  readonly name: string;
  readonly image: string;
  readonly state: TrustState;
  readonly score: number;
  readonly sinceMs: number;
  readonly differences: readonly { readonly what: string; readonly effect: string; readonly text: string }[];
  readonly findings: readonly {
    readonly id: string;
    readonly severity: string;
    readonly text: string;
    readonly advice: string;
  }[];
}

export interface TrustWorkload {
  readonly cluster: string;
  readonly workload: string;
  readonly state: TrustState;
  readonly score: number;
  readonly containers: readonly TrustContainer[];
}

export interface StoredRecord {
  readonly kind: string;
  readonly timeMs: number;
  readonly priority: string;
  readonly rule: string;
  readonly cluster: string;
  readonly nodeId: string;
  readonly node: string;
  readonly namespace: string;
  readonly workload: string;
  readonly container: string;
  readonly incident: string;
  readonly receivedMs: number;
  readonly skewMs: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Count {
  readonly atMs: number;
  readonly value: string;
  readonly count: number;
}

export interface IncidentCount {
  readonly state: string;
  readonly severity: string;
  readonly count: number;
}

export interface Node {
  readonly id: string;
  readonly name: string;
  readonly cluster: string;
  readonly enrolledMs: number;
  readonly revoked: boolean;
  readonly connected: boolean;
  readonly lastSeenMs: number | null;
  readonly skewMs: number;
  readonly missing: number;
  readonly agent: {
    readonly version: string;
    readonly kernel: string;
    readonly startedMs: number;
    readonly queued: number;
    readonly queuedBytes: number;
    readonly lost: number;
    readonly rejected: number;
    readonly dropped: number;
    readonly features: readonly { readonly name: string; readonly problem: string }[];
  } | null;
  readonly trust: {
    readonly state: 'unknown' | 'trusted' | 'failed';
    readonly reason: string;
    readonly detail: string;
    readonly sinceMs: number;
  };
}

export interface NodeTrust {
  readonly state: 'unknown' | 'trusted' | 'failed';
  readonly reason: string;
  readonly detail: string;
  readonly sinceMs: number;
  readonly isHeld: boolean;
  readonly judgedMs: number | null;
  readonly reference: number | null;
  readonly tpm: { readonly kind: 'certified' | 'pinned'; readonly detail: string } | null;
  readonly history: readonly {
    readonly atMs: number;
    readonly state: string;
    readonly reason: string;
    readonly detail: string;
    readonly by: string;
  }[];
}

export type DocumentKind = 'policy' | 'rules' | 'playbook' | 'drill';

export interface GovernedDocument {
  readonly id: string;
  readonly kind: DocumentKind;
  readonly name: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly owner: string;
  readonly inForce: number | null;
  readonly latest: { readonly number: number; readonly state: string };
}

export interface DocumentVersion {
  readonly number: number;
  readonly state: string;
  readonly author: { readonly name: string };
  readonly note: string;
  readonly source: string;
  readonly createdAt: number;
  readonly decision: {
    readonly by: { readonly name: string };
    readonly at: number;
    readonly note: string;
  } | null;
}

export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly help: string;
  readonly span: {
    readonly line: number;
    readonly column: number;
    readonly endLine: number;
    readonly endColumn: number;
  };
}

export interface DiffLine {
  readonly change: 'same' | 'removed' | 'added';
  readonly text: string;
}

export interface RolloutStatus {
  readonly rollout: {
    readonly version: number;
    readonly stage: number;
    readonly nodes: readonly string[];
  } | null;
  readonly next: string | null;
  readonly why: string;
}

export interface Holder {
  readonly node: {
    readonly id: string;
    readonly name: string;
    readonly cluster: string;
    readonly connected: boolean;
  };
  readonly wanted: number | null;
  readonly reported: { readonly version: number; readonly state: string; readonly why: string } | null;
}

export interface EvidenceRecord {
  readonly seq: number;
  readonly time: string;
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly hash: string;
  readonly intact: boolean;
}

export interface EvidenceReport {
  readonly segments: number;
  readonly records: number;
  readonly first: number;
  readonly last: number;
  readonly lost: number;
  readonly errors: number;
  readonly findings: readonly { readonly code: string; readonly message: string }[];
}

export interface Settings {
  readonly version: string;
  readonly keepMs: number;
  readonly fourEyes: boolean;
  readonly provider: { readonly name: string; readonly issuer: string } | null;
  readonly authority: string;
  readonly linkPort: number;
}

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly person: string;
  readonly grants: readonly Grant[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt: number | null;
}

export interface Change {
  readonly seq: number;
  readonly time: string;
  readonly action: string;
  readonly who: {
    readonly id: string;
    readonly name: string;
    readonly through: string;
    readonly address: string;
  } | null;
  readonly target: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface RoleInfo {
  readonly role: Role;
  readonly about: string;
  readonly permissions: readonly string[];
}

export interface TimelineEntry {
  readonly time: string;
  readonly timeMs: number;
  readonly count: number;
  readonly rule: string;
  readonly priority: string;
  readonly source: string;
  readonly output: string;
  readonly techniques: readonly string[];
  readonly processName: string;
  readonly user: string;
}

export interface Process {
  readonly key: string;
  /** Key of the process above it; '' where it is not known. */
  readonly parent: string;
  readonly pid: number;
  readonly name: string;
  readonly exe: string;
  readonly command: string;
  readonly user: string;
  /** '' for the host, and for what is only known as an ancestor. */
  readonly container: string;
  readonly rules: readonly string[];
}

/** The parts of an incident that pages show. */
export interface Incident {
  readonly id: string;
  readonly state: string;
  readonly severity: string;
  readonly score: number;
  readonly title: string;
  readonly hostname: string;
  readonly workloads: readonly string[];
  readonly assignee: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly count: number;
  readonly stages: readonly { readonly tactic: string; readonly firstMs: number; readonly count: number }[];
  readonly techniques: readonly string[];
  readonly rules: readonly { readonly rule: string; readonly count: number }[];
  readonly containers: readonly { readonly id: string; readonly name: string; readonly image: string }[];
  readonly processes: readonly Process[];
  readonly timeline: {
    readonly first: readonly TimelineEntry[];
    readonly milestones: readonly TimelineEntry[];
    readonly last: readonly TimelineEntry[];
  };
  readonly notes: readonly { readonly text: string; readonly atMs: number; readonly who: string }[];
  readonly changes: readonly {
    readonly atMs: number;
    readonly who: string;
    readonly what: string;
    readonly from: string;
    readonly to: string;
    readonly why: string;
  }[];
}
