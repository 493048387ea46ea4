import type { Detection, EventRecord, ProcessSummary } from '@runward/agent';
import { type Colour, type Paint, visible } from './terminal.js';

const CHAIN_SHOWN = 6;

const COLOUR_OF: Readonly<Record<string, Colour>> = {
  Emergency: 'red',
  Alert: 'red',
  Critical: 'red',
  Error: 'red',
  Warning: 'yellow',
  Notice: 'cyan',
};

const clockTime = (rfc3339: string): string => rfc3339.slice(11, 23);

function chain(process: ProcessSummary, ancestors: readonly ProcessSummary[]): string {
  const shown = [process, ...ancestors].slice(0, CHAIN_SHOWN).reverse();
  const more = ancestors.length + 1 > CHAIN_SHOWN ? ['…'] : [];
  return [...more, ...shown.map((p) => visible(p.name))].join(' → ');
}

function place({ container }: Detection): string {
  if (container === null) return 'host';
  const pod = container.pod === '' ? '' : ` pod ${visible(container.namespace)}/${visible(container.pod)}`;
  const image = container.image === '' ? '' : ` (${visible(container.image)})`;
  return `${visible(container.name || container.id)}${image}${pod}`;
}

function summaryText({ count, firstTime = '', lastTime = '', limited }: Detection): string {
  if (count === undefined) return '';
  const when = `from ${clockTime(firstTime)} to ${clockTime(lastTime)}`;
  return limited === true ? `${count} more not reported ${when}, the last one: ` : `${count} times ${when}: `;
}

/** Two lines: what and where, then what happened. */
export function detectionText(d: Detection, paint: Paint): string {
  const severity = paint(COLOUR_OF[d.priority] ?? 'dim', d.priority.toUpperCase().padEnd(8));
  const where = `${place(d)}  ${paint('dim', chain(d.process, d.ancestors))}`;
  const summary = paint('bold', summaryText(d));
  const problem =
    d.container === null || d.container.problem === '' ? '' : `  [${visible(d.container.problem)}]`;
  return `${paint('dim', clockTime(d.time))} ${severity} ${paint('bold', visible(d.rule))}  ${summary}${where}${problem}\n    ${visible(d.output)}`;
}

export function eventText(e: EventRecord, paint: Paint): string {
  const where = e.container === null ? 'host' : visible(e.container.name || e.container.id);
  const marks = [
    e.callerMemory && 'caller-memory',
    e.truncated && 'cut',
    e.compat32 && '32-bit',
    e.ioUring && 'io_uring',
  ];
  const shown = marks.filter((m) => m !== false);
  const tail = shown.length === 0 ? '' : paint('dim', `  [${shown.join(', ')}]`);
  const who = `${visible(e.parent)} → ${visible(e.process.name)}(${e.process.pid})`;
  const exec = e.type.startsWith('execve')
    ? `${visible(e.process.exe)} ${visible(e.process.args.join(' '))}`
    : '';
  const what = exec === '' ? visible(e.args) : exec;
  return `${paint('dim', clockTime(e.time))} ${where}  ${who}  ${paint('bold', e.type)} ${what} ${paint('dim', visible(e.outcome))}${tail}`;
}
