/** An evidence log whose keys an emulated TPM seals. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EvidenceLog, FolderDisk, verifyLog } from '@runward/evidence';
import { NodeTpm } from '@runward/tpm/node';
import { EmulatedTpm, tpmToolsMissing } from '@runward/tpm/testing';
import { expect, test } from 'vitest';

test.skipIf(tpmToolsMissing() !== undefined)(
  'a log goes on after a start of the machine with its TPM, and a copy beside another TPM shows that it is one',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rw-sealed-'));
    const [own, other] = [await EmulatedTpm.start(), await EmulatedTpm.start()];
    const write = async (sealer: NodeTpm): Promise<void> => {
      const log = await EvidenceLog.open(new FolderDisk(folder), { host: 'h', producer: 'test', sealer });
      expect(await log.append('agent.stop', { why: 'x' })).toMatchObject({ kept: true });
      await log.rotate('asked');
      await log.close();
    };
    const findings = async () => (await verifyLog(new FolderDisk(folder))).findings;
    try {
      const tpm = new NodeTpm(own.path);
      await write(tpm);
      const keys = readdirSync(join(folder, 'private')).map((name) =>
        readFileSync(join(folder, 'private', name), 'utf8'),
      );
      expect(keys.join()).not.toContain('PRIVATE KEY');
      await own.off();
      await own.on();
      await write(tpm);
      expect(await findings()).toEqual([]);
      await write(new NodeTpm(other.path));
      expect(await findings()).toContainEqual(expect.objectContaining({ severity: 'error' }));
    } finally {
      await own.remove();
      await other.remove();
      rmSync(folder, { recursive: true });
    }
  },
  120_000,
);
