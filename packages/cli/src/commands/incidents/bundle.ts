import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import type { IncidentReport } from '@runward/agent/incidents';
import { RunwardError } from '@runward/core';
import type { BundleSignature } from '@runward/evidence';
import { SOCKET_OPTION, STATE_OPTION, stateOf } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { producerName, versionText } from '../../installation.js';
import { sizeText } from '../../quantity.js';
import { toJson, visible } from '../../terminal.js';
import { askAbout, onlyIncident } from './ask.js';

export const bundle: Command = {
  name: 'incidents bundle',
  summary: 'everything about one in a signed archive that needs nothing else',
  operands: 'ID -o FILE',
  about: `Writes an archive (tar, compressed with zstd) of everything about an incident: a page for people with time line and process
tree, the same as data and as OCSF events, the policy that would have prevented it, the captures of its containers, the policies
that were applied; then a manifest with the SHA-256 of each file, signed by the key of the agent's evidence log, which has a
record of it. \`runward incidents verify FILE\` checks it, anywhere.`,
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      doc: 'where to: `incident.tar.zst`; must not exist',
    },
    json: { type: 'boolean', doc: 'what was written, as one JSON object' },
    ...STATE_OPTION,
    ...SOCKET_OPTION,
  },
  examples: [['runward incident bundle 4f1c2a -o incident.tar.zst', 'for whoever investigates it elsewhere']],
  run: bundleCommand,
};

async function bundleCommand(args: Parsed): Promise<number> {
  const id = onlyIncident(args, 'bundle ID -o FILE');
  const path = args.text('output');
  if (path === undefined || path === '' || path === '-')
    throw new UsageError(
      'the file to write is not named',
      'write `runward incidents bundle ID -o FILE.tar.zst`',
    );
  if (existsSync(path)) throw new UsageError(`\`${path}\` is there already`, 'name a file that is not');
  const report = (await askAbout(args, id)) as IncidentReport; // the agent's own route
  const [{ writeBundle }, { bundleParts }] = await Promise.all([
    import('@runward/evidence'),
    import('../../incidents/bundle-parts.js'),
  ]);
  const producer = { name: 'Runward', version: versionText() };
  const parts = bundleParts(report, { state: stateOf(args), producer, nowMs: Date.now() });
  const fresh = `${path}.begun`;
  try {
    const written = await writeBundle(createWriteStream(fresh, { flags: 'wx', mode: 0o600 }), parts, {
      ...{
        about: report.incident.id,
        at: new Date().toISOString(),
        producer: producerName(),
        host: hostname(),
      },
      sign: async (digest) => {
        const answer = (await askAbout(args, report.incident.id, 'seal', { digest })) as {
          readonly signature?: BundleSignature; // the agent's own route
        };
        return answer.signature;
      },
    });
    renameSync(fresh, path);
    const bytes = written.files.reduce((sum, file) => sum + file.bytes, 0);
    const signed =
      written.signature === undefined
        ? 'not signed: this agent keeps no evidence log'
        : `signed by ${written.signature.key}`;
    process.stdout.write(
      args.flag('json')
        ? `${toJson({ path, ...written })}\n`
        : `${visible(path)}: ${written.files.length} files of ${sizeText(bytes)}, sha256 of the manifest ${written.digest}, ${signed}\n`,
    );
    return EXIT.ok;
  } catch (error) {
    rmSync(fresh, { force: true });
    if (error instanceof RunwardError) throw error;
    throw new UsageError(
      `cannot write \`${path}\`: ${error instanceof Error ? error.message : String(error)}`,
      'name a file in a folder that exists, with room for it; what changed meanwhile: try again',
    );
  }
}
