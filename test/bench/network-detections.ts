/**
 * Detection and false alarms of the network detectors on modelled load: seeded, without a kernel. One JSON line for each
 * load: of how many runs each detector told something. With `--write` the tables of docs/network-detections.md too.
 *
 * Usage: network-detections.ts [RUNS] [--write]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureLoads, outcomeTables } from '@runward/flows/testing';

const page = join(import.meta.dirname, '../../docs/network-detections.md');
const BEGIN = '<!-- modelled loads -->';
const END = '<!-- end of modelled loads -->';

const runs = Number(process.argv[2] ?? 100);
const outcomes = measureLoads(runs);
for (const { load, told } of outcomes)
  process.stdout.write(`${JSON.stringify({ load: load.name, runs, told: Object.fromEntries(told) })}\n`);
if (process.argv.includes('--write')) {
  const text = readFileSync(page, 'utf8');
  const [before = '', rest = ''] = text.split(BEGIN);
  const after = rest.slice(rest.indexOf(END));
  writeFileSync(page, `${before}${BEGIN}\n\n${outcomeTables(outcomes)}\n\n${after}`);
}
