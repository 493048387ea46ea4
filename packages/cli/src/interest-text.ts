import type { InterestReport } from '@runward/agent';

/** What the kernel sends and why, in lines for people. */
export function interestText(report: InterestReport): string[] {
  const lines = ['event types the kernel sends:'];
  for (const t of report.types) {
    const not = t.notSent.length === 0 ? '' : `, not ${t.notSent.join(', not ')}`;
    lines.push(`  ${t.eventType}: ${t.scope}${not}`);
    if (t.process !== undefined) lines.push(`    only of a process with: ${t.process}`);
    if (t.wideRules.length > 0) lines.push(`    of any process, for: ${t.wideRules.join('; ')}`);
    if (t.narrowRules.length > 0) lines.push(`    of some processes, for: ${t.narrowRules.join('; ')}`);
  }
  if (report.opens.length > 0) lines.push('opens, where one of these holds:');
  for (const open of report.opens) {
    lines.push(`  ${open.when}; ${open.paths} (${open.scope})`);
    lines.push(`    for: ${open.rules.join('; ')}`);
  }
  if (report.dataBytes > 0)
    lines.push(`data of reads, writes and sends: the first ${report.dataBytes} bytes`);
  if (report.environment) lines.push('the environment of executed programs');
  return lines;
}
