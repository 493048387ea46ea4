import type { AccountNames, ContainerInfo, ProcessInfo } from '@runward/events';
import { type Detection, summarizeAncestors, summarizeContainer, summarizeProcess } from './detection.js';
import { formatTime } from './time-text.js';

/** denied: it did not happen; killed: and the process was ended; would deny: it happened. */
export type VerdictOutcome = 'denied' | 'killed' | 'would deny';

/** Which line of which policy spoke. */
export interface PolicyFinding {
  readonly policy: string;
  /** A section of the policy, such as `file`. */
  readonly section: string;
  /** Where the line is: the file as it was applied. */
  readonly file: string;
  readonly line: number;
  /** The author's reason; often ''. */
  readonly comment: string;
  readonly outcome: VerdictOutcome;
  /** What enforces, such as `lsm`; for `would deny`: what would. */
  readonly mechanism: string;
  /** `write`, `start`, `connect`, `NET_RAW`. */
  readonly operation: string;
  /** Path, address or name it was about; '' when the operation says it all. */
  readonly object: string;
  /** Why the answer is not that of a line alone, such as what could not be judged; '' mostly. */
  readonly note: string;
}

/** Who acted, where and when. */
export interface Scene {
  readonly timeNs: bigint;
  readonly hostname: string;
  readonly process: ProcessInfo;
  readonly container: ContainerInfo | undefined;
  readonly accounts: AccountNames;
}

const WORDS = { denied: 'denied', killed: 'denied and killed', 'would deny': 'would be denied' } as const;
const PRIORITY = { denied: 'Warning', killed: 'Warning', 'would deny': 'Notice' } as const;

/** A verdict as a detection, so that whoever reads detections reads verdicts. */
export function describeVerdict(finding: PolicyFinding, scene: Scene): Detection {
  const { process, container, accounts } = scene;
  const who = summarizeProcess(process, accounts.userName(process.uid) ?? '');
  const { policy, section, file, line, comment, outcome, mechanism, operation, object, note } = finding;
  const action = object === '' ? operation : `${operation} ${object}`;
  const extras = [comment, note].filter((text) => text !== '').join('; ');
  const reason = extras === '' ? '' : ` (${extras})`;
  return {
    time: formatTime(scene.timeNs),
    rule: `Policy ${policy}: ${section}`,
    priority: PRIORITY[outcome],
    source: 'policy',
    hostname: scene.hostname,
    output: `${WORDS[outcome]} by ${file}:${line}${reason}: ${who.name} ${action} | process=${who.exe} command=${who.args.join(' ')} user=${who.user || who.uid} mechanism=${mechanism}`,
    tags: ['policy', section],
    output_fields: {
      'policy.name': policy,
      'policy.section': section,
      'policy.file': file,
      'policy.line': line,
      'policy.outcome': outcome,
      'policy.mechanism': mechanism,
      'policy.operation': operation,
      'policy.object': object,
      'proc.name': who.name,
      'proc.exepath': who.exe,
      'proc.cmdline': who.args.join(' '),
      'proc.pid': who.pid,
      'user.uid': who.uid,
      'user.name': who.user,
    },
    container: container === undefined ? null : summarizeContainer(container),
    process: who,
    ancestors: summarizeAncestors(process, container !== undefined),
    event: {
      type: 'policy',
      number: 0,
      cpu: 0,
      callerMemory: false,
      truncated: false,
      compat32: false,
      ioUring: false,
    },
    policy: finding,
  };
}
