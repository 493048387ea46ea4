import { existsSync } from 'node:fs';
import { FlowProbe } from '@runward/sensor/flows';
import { type Finding, off, on } from './finding.js';
import { flowsObject } from './installation.js';
import { explain } from './sensor-findings.js';

const LOST = '`runward flows` and `runward map`';
const CONNTRACK = '/proc/net/nf_conntrack';

/** Loads and attaches the programs that count flows, and detaches them again. */
export async function examineFlows(): Promise<Finding[]> {
  try {
    const probe = await FlowProbe.open({ objectPath: flowsObject, flowsPerCgroup: 1 });
    probe.close();
  } catch (error) {
    return [off('flows', explain(error), LOST)];
  }
  return [
    on('flows', 'the kernel takes the programs that count who talks to whom'),
    existsSync(CONNTRACK)
      ? on('translated addresses', CONNTRACK)
      : off(
          'translated addresses',
          `there is no ${CONNTRACK}`,
          'which container is behind a service address',
        ),
  ];
}
