import { expect, it } from 'vitest';
import { examineKernel, examinePrivileges } from './kernel-findings.js';

const bits = (...set: number[]): string =>
  set.reduce((all, bit) => all | (1n << BigInt(bit)), 0n).toString(16);
const [DAC_READ_SEARCH, SYS_PTRACE, SYS_ADMIN, PERFMON, BPF] = [2, 19, 21, 38, 39];

it.each([
  ['all that is needed', bits(DAC_READ_SEARCH, SYS_PTRACE, PERFMON, BPF), []],
  ['CAP_SYS_ADMIN in place of the newer ones', bits(DAC_READ_SEARCH, SYS_PTRACE, SYS_ADMIN), []],
  ['nothing', bits(), ['privileges!']],
  ['an unreadable status', '', ['privileges!']],
  ['no CAP_PERFMON', bits(BPF), ['privileges!']],
  ['only what loads', bits(PERFMON, BPF), ['CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH']],
])('with %s, what is off is named, and whether the main job needs it', (_, hex, off) => {
  const findings = examinePrivileges(hex).filter((f) => f.state === 'off');
  expect(findings.map((f) => f.feature + (f.required ? '!' : ''))).toEqual(off);
  for (const finding of findings) expect(finding.lost).not.toBe('');
});

it('every fact about the kernel is named once and says something', () => {
  const findings = examineKernel();
  expect(new Set(findings.map((f) => f.feature)).size).toBe(findings.length);
  expect(findings.filter((f) => f.detail === '')).toEqual([]);
});
