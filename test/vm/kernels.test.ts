import { describe, expect, it } from 'vitest';
import { testImage } from '../e2e/harness/index.js';
import { ociConfig } from '../e2e/harness/oci-bundle.js';
import { testKernel } from './initramfs.js';
import { runInVm, vmUnavailable } from './vm.js';

describe.each(['5.10', '6.1', '6.12'] as const)('a machine with kernel %s', (kernel) => {
  it('runs a container and Node.js on the stock kernel, and hands back output and exit code', async () => {
    expect(vmUnavailable()).toBeUndefined();
    const { release } = await testKernel(kernel);
    const { rootfs } = await testImage();
    const config = ociConfig({ name: 'in-vm', args: ['echo', 'hi from runc'] }, '/in-vm', rootfs);
    const result = await runInVm({
      kernel,
      files: { 'config.json': JSON.stringify(config) },
      command:
        'uname -r; runc run --bundle /run/vm in-vm || exit 1; node --version; cat /sys/kernel/security/lsm; exit 7',
    });
    expect(result.output).toContain(`${release}\nhi from runc\n${process.version}\n`);
    expect(result.exitCode).toBe(7);
    // In-kernel denial is tested in these machines.
    expect(result.output).toMatch(/\bbpf\b/);
  });
});
