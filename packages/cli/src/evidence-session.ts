import { createHash } from 'node:crypto';
import { hostname, release } from 'node:os';
import type { EvidenceHost } from '@runward/agent';
import type { SourceFile } from '@runward/rules';
import { producerName } from './installation.js';

/** What of a start is put on record besides that there was one. */
export interface StartFacts {
  /** Where policies are kept. */
  readonly state: string;
  readonly host: boolean;
  readonly files: readonly SourceFile[];
}

/**
 * Opens the log of an agent and puts its start on record: who runs, with which settings, from which files. Where the
 * log cannot be had the agent runs without, and says so. Never rejects.
 */
export async function beginEvidence(evidence: EvidenceHost, facts: StartFacts): Promise<void> {
  void evidence.append('agent.start', {
    ...{ producer: producerName(), pid: process.pid, host: hostname(), kernel: release() },
    ...{ node: process.version, scope: facts.host ? 'containers and host' : 'containers' },
    arguments: process.argv.slice(2),
    configuration: digestOf(JSON.stringify(process.argv.slice(2))),
  });
  recordRules(evidence, 'start', facts.files, true);
  try {
    await evidence.open();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`runward: without an evidence log: ${why}\n`);
    return;
  }
  if (!evidence.isKept) return;
  await recordMissed(evidence, facts.state);
  // Reading what runs takes a while, and nothing waits for it.
  const { installedDigests } = await import('./installed-digests.js');
  void installedDigests().then((digests) => evidence.append('agent.digests', digests));
}

/** Changes that were made on the disk while no agent ran. */
async function recordMissed(evidence: EvidenceHost, state: string): Promise<void> {
  const { PolicyStore } = await import('@runward/state');
  try {
    evidence.missed(new PolicyStore(state).decisions.read());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`runward: what was decided while no agent ran is not on record: ${why}\n`);
  }
}

export function recordRules(
  evidence: EvidenceHost,
  when: string,
  files: readonly SourceFile[],
  accepted: boolean,
): void {
  void evidence.append('rules.loaded', {
    ...{ when, accepted },
    files: files.map(({ name, text }) => ({
      ...{ path: name, bytes: Buffer.byteLength(text), sha256: digestOf(text) },
    })),
  });
}

const digestOf = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');
