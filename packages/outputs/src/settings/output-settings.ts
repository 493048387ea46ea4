import type { Priority } from '@runward/rules';
import type { FormatName } from '../format/index.js';
import type { FileTarget } from '../transport/file.js';
import type { KafkaTarget } from '../transport/kafka.js';
import type { NatsTarget } from '../transport/nats.js';
import type { Secret, TlsFiles } from '../transport/secret.js';
import type { SyslogTarget } from '../transport/syslog.js';

/** One place detections go to. */
export interface OutputSettings {
  /** Names its queue too. */
  readonly name: string;
  readonly target: Target;
  readonly minPriority: Priority;
  /** Of detections; all when empty. */
  readonly sources: readonly string[];
  readonly queueBytes: number;
}

export type Target =
  | ({ readonly type: 'file'; readonly format: FormatName } & FileTarget)
  | ({ readonly type: 'syslog'; readonly format: FormatName; readonly facility: number } & SyslogTarget)
  | ({ readonly type: 'http'; readonly format: FormatName; readonly body: 'one' | 'lines' | 'array' } & Web)
  | ({ readonly type: 'nats'; readonly format: FormatName } & NatsTarget)
  | ({ readonly type: 'kafka'; readonly format: FormatName; readonly orderBy: OrderBy } & KafkaTarget)
  | ({ readonly type: 'otlp' } & Web)
  | ({ readonly type: 'slack' } & Web)
  | ({ readonly type: 'pagerduty'; readonly routingKey: Secret } & Web);

/** What records have in common that must keep their order. */
export type OrderBy = 'node' | 'container';

export type TargetType = Target['type'];

interface Web extends TlsFiles {
  readonly url: Secret;
  readonly headers: Readonly<Record<string, Secret>>;
}
