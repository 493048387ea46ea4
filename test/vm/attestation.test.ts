import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import type { Attested } from './attestation/attest-node.js';
import { runInVm } from './vm.js';

const repository = resolve(import.meta.dirname, '../..');
const node =
  'scripts/node --conditions=source --experimental-transform-types --disable-warning=ExperimentalWarning --import ./test/typescript.mjs';
const rootfs = '/run/containerd/io.containerd.runtime.v2.task/k8s.io/0123456789abcdef/rootfs';

/** A container on an overlay, as containerd lays it out, and a program in it that is of no image. */
const container = `set -e
mkdir -p /run/overlay && mount -t tmpfs none /run/overlay
cd /run/overlay && mkdir -p lower/bin lower/proc upper work bundle ${rootfs}
cp /bin/busybox lower/bin/busybox
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work ${rootfs}
cp ${rootfs}/bin/busybox ${rootfs}/bin/planted && printf x >>${rootfs}/bin/planted
cd bundle && runc spec
sed -i 's#"rootfs"#"${rootfs}"#; s#"terminal": true#"terminal": false#; s#"sh"#"/bin/planted"#' config.json
runc run one || true
`;

it('a machine with a TPM and IMA is trusted by its boot log and list, and found out when a container runs what is not listed', async () => {
  const command = `${node} test/vm/attestation/attest-node.ts /run/vm/attested.json /run/attestation ${repository}`;
  const machine = await runInVm({
    ...{ kernel: '6.12', tpm: true, append: 'ima_policy=tcb ima_hash=sha256 ima_template=ima-ng' },
    ...{ files: { container }, command, timeoutMs: 300_000 },
  });
  const said = `${machine.output}\n${machine.console.slice(-2000)}`;
  const attested = JSON.parse(machine.file('attested.json') ?? 'null') as Attested | null; // our own program's
  expect(attested, said).toMatchObject({
    make: 'IBM',
    verdicts: [
      { state: 'unknown', reason: 'no-reference' },
      { state: 'trusted', reason: '' },
      { state: 'failed', reason: 'file-unknown' },
    ],
  });
  expect(attested?.events).toBeGreaterThan(10);
  // An overlay is measured like anything else: by the path of the process, which is its own in a container.
  expect(attested?.ofContainer, said).toContain('/bin/planted');
});
