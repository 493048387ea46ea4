import { type ContainerInfo, capabilityNames } from '@runward/events';
import { type Command, EXIT, type Parsed } from '../command.js';
import { containerRisks } from '../container-risks.js';
import { type ScannedContainer, scanContainers } from '../container-scan.js';
import { RUNTIME_OPTIONS, registryOptions } from '../runtime-options.js';
import { table, toJson, visible } from '../terminal.js';

export const ps: Command = {
  name: 'ps',
  summary: 'list containers, what runs in them, and what they may do that they should not',
  operands: '',
  about: `Lists the containers that have running processes, of every runtime, with image, workload, age and
privileges as the kernel and the runtime know them.`,
  options: { json: { type: 'boolean', doc: 'one JSON array' }, ...RUNTIME_OPTIONS },
  examples: [["runward ps --json | jq '.[] | select(.risks != [])'", 'containers with something to mend']],
  run: psCommand,
};

const SHOWN_PROCESSES = 8;
const SHOWN_CHARS = 120;

function age(startedAtMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - startedAtMs) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

const workload = ({ pod }: ContainerInfo): string =>
  pod === undefined ? '-' : `${pod.namespace}/${pod.name}`;

type Row = ScannedContainer & { readonly risks: readonly string[]; readonly startedAtMs: number };

/** A row for machines. The environment stays out: it is where passwords are. */
function plain({ container, processes, risks, startedAtMs }: Row): object {
  const { env: _, ...shown } = container;
  return {
    container: shown,
    processes: processes.map((p) => ({
      pid: p.pid,
      command: p.command,
      uid: p.uid,
      filtered: p.filtered,
      effectiveCapabilities: capabilityNames(p.effectiveCapabilities).split(' ').filter(Boolean),
      startedAt: new Date(p.startedAtMs).toISOString(),
    })),
    risks,
    startedAt: new Date(startedAtMs).toISOString(),
  };
}

const short = (command: string): string =>
  command.length > SHOWN_CHARS ? `${command.slice(0, SHOWN_CHARS)}…` : command;

async function psCommand(args: Parsed): Promise<number> {
  const containers = await scanContainers(await registryOptions(args)());
  const now = Date.now();
  const rows = containers.map(({ container, processes }) => {
    const risks = containerRisks(container, processes);
    return { container, processes, risks, startedAtMs: processes[0]?.startedAtMs ?? now };
  });
  if (args.flag('json')) {
    process.stdout.write(`${toJson(rows.map(plain))}\n`);
    return EXIT.ok;
  }
  if (rows.length === 0) {
    process.stdout.write('no containers are running\n');
    return EXIT.ok;
  }
  const head = ['NAME', 'ID', 'RUNTIME', 'IMAGE', 'WORKLOAD', 'AGE', 'PROCESSES'];
  const cells = rows.map(({ container, processes, startedAtMs }) => [
    visible(container.name || container.id),
    visible(container.id.slice(0, 12)),
    container.runtime,
    visible(container.image) || '-',
    visible(workload(container)),
    age(startedAtMs, now),
    String(processes.length),
  ]);
  process.stdout.write(`${table([head, ...cells])}\n`);
  for (const { container, processes, risks } of rows) {
    process.stdout.write(`\n${visible(container.name || container.id)}\n`);
    for (const p of processes.slice(0, SHOWN_PROCESSES)) {
      process.stdout.write(`  ${String(p.pid).padStart(7)}  uid ${p.uid}  ${visible(short(p.command))}\n`);
    }
    if (processes.length > SHOWN_PROCESSES)
      process.stdout.write(`  … and ${processes.length - SHOWN_PROCESSES} more\n`);
    for (const risk of risks) process.stdout.write(`  ! ${visible(risk)}\n`);
    if (container.metadataProblem !== '') process.stdout.write(`  ? ${visible(container.metadataProblem)}\n`);
  }
  return EXIT.ok;
}
