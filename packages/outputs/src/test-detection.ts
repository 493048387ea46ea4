import type { Detection } from '@runward/detect';

/** A detection that says it is none. */
export function testDetection(hostname: string): Detection {
  const now = new Date().toISOString();
  const self = { pid: process.pid, vpid: process.pid, name: 'runward', exe: process.execPath, args: [], cwd: '/', uid: process.getuid?.() ?? 0, user: '' }; // biome-ignore format: one line
  return {
    time: now.replace('Z', '000000Z'),
    rule: 'Runward test',
    priority: 'Emergency',
    source: 'runward',
    hostname,
    output: `a test of this output, asked for by user ${self.uid} with \`runward outputs test\``,
    tags: ['runward', 'test'],
    output_fields: {},
    container: null,
    process: self,
    ancestors: [],
    event: { type: 'test', number: 0, cpu: 0, callerMemory: false, truncated: false, compat32: false, ioUring: false }, // biome-ignore format: one line
  };
}
