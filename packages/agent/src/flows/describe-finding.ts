import { type Detection, NOBODY } from '@runward/detect';
import type { Detector, FlowFinding } from '@runward/flows/analyse';

interface Words {
  readonly rule: string;
  readonly priority: Detection['priority'];
  /** Technique of MITRE ATT&CK. */
  readonly technique: string;
}

// biome-ignore format: a table reads best as a table
const WORDS: Readonly<Record<Detector, Words>> = {
  'port-scan': { rule: 'Network: port scan', priority: 'Warning', technique: 'T1046' },
  'host-scan': { rule: 'Network: host scan', priority: 'Warning', technique: 'T1046' },
  'slow-port-scan': { rule: 'Network: slow port scan', priority: 'Notice', technique: 'T1046' },
  'slow-host-scan': { rule: 'Network: slow host scan', priority: 'Notice', technique: 'T1046' },
  'fan-out': { rule: 'Network: lateral fan-out', priority: 'Warning', technique: 'T1021' },
  volume: { rule: 'Network: unusual volume to the outside', priority: 'Warning', technique: 'T1048' },
  'new-peer': { rule: 'Network: peer never seen before', priority: 'Informational', technique: 'T1071' },
  'new-port': { rule: 'Network: port never used before', priority: 'Notice', technique: 'T1571' },
  beacon: { rule: 'Network: beacon', priority: 'Notice', technique: 'T1071' },
  'dns-tunnel': { rule: 'Network: DNS tunnel', priority: 'Warning', technique: 'T1071.004' },
  'metadata-access': { rule: 'Network: cloud metadata access', priority: 'Warning', technique: 'T1552.005' },
  tor: { rule: 'Network: connection to Tor', priority: 'Warning', technique: 'T1090.003' },
  proxy: { rule: 'Network: connection to a proxy', priority: 'Notice', technique: 'T1090' },
  'mining-pool': { rule: 'Network: connection to a mining pool', priority: 'Warning', technique: 'T1496' },
};

/** A finding as a detection, so that whoever reads detections reads it. */
export function describeFinding(
  { detector, atMs, self, text, evidence }: FlowFinding,
  hostname: string,
): Detection {
  const { rule, priority, technique } = WORDS[detector];
  const { container } = self;
  const fields = Object.entries(evidence).map(([name, value]) => [`flow.${name}`, value]);
  return {
    ...{ time: new Date(atMs).toISOString(), rule, priority, source: 'flow', hostname },
    output: `${container?.name ?? self.name} ${text}`,
    tags: ['network', 'flow', technique],
    output_fields: { 'flow.detector': detector, ...Object.fromEntries(fields) },
    container:
      container === undefined
        ? null
        : {
            ...{ id: container.id, name: container.name, runtime: '', image: container.image },
            ...{ imageDigest: '', privileged: null, problem: '' },
            ...{ pod: container.pod?.name ?? '', namespace: container.pod?.namespace ?? '' },
          },
    process: NOBODY,
    ancestors: [],
    event: {
      ...{ type: 'flow', number: 0, cpu: 0 },
      ...{ callerMemory: false, truncated: false, compat32: false, ioUring: false },
    },
  };
}
