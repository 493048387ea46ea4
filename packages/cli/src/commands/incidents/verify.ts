import { createReadStream } from 'node:fs';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { readGiven } from '../../evidence-desk.js';
import { paintFor, toJson, visible } from '../../terminal.js';

export const verify: Command = {
  name: 'incidents verify',
  summary: 'find whatever was changed in a bundle since it was made',
  operands: 'FILE',
  about: `Compares everything in a bundle with its manifest, and the manifest with its signature. Needs no agent and no root.

Without a key from elsewhere this shows that the bundle is consistent, not where it comes from. With --public-key it must be
signed by that key of a node's evidence log (\`runward evidence keys\`).`,
  options: {
    'public-key': {
      type: 'string',
      value: 'KEY|FILE',
      doc: 'the key that was kept elsewhere: 43 characters, or a PEM file',
    },
    json: { type: 'boolean', doc: 'one JSON object' },
  },
  examples: [
    ['runward incident verify incident.tar.zst --public-key node-1.pem', 'is it whole, and of that node?'],
  ],
  run: verifyCommand,
};

async function verifyCommand(args: Parsed): Promise<number> {
  const [path, ...more] = args.rest;
  if (path === undefined || more.length > 0)
    throw new UsageError(
      path === undefined ? 'no bundle is named' : `unexpected \`${more[0]}\``,
      'write `runward incidents verify FILE`',
    );
  const { readPublicKey, verifyBundle } = await import('@runward/evidence');
  const given = args.text('public-key');
  const publicKey = given === undefined ? undefined : readPublicKey(readGiven(given));
  const report = await verifyBundle(createReadStream(path), publicKey);
  const isWhole = report.problems.length === 0;
  if (args.flag('json')) {
    process.stdout.write(
      `${toJson({ path, verified: isWhole, trusted: publicKey !== undefined, ...report })}\n`,
    );
    return isWhole ? EXIT.ok : EXIT.failure;
  }
  const paint = paintFor(process.stdout);
  const { manifest, signature, problems, files } = report;
  const by =
    signature === undefined
      ? 'not signed'
      : `signed by ${visible(signature.key)}${publicKey === undefined ? ', which no key from elsewhere vouches for' : ''}`;
  const lines = [
    ...problems.map((problem) => `${paint('red', 'error')}: ${visible(problem)}`),
    ...(manifest === undefined
      ? []
      : [
          `${visible(path)}: ${visible(manifest.about)} of ${visible(manifest.host)}, made ${visible(manifest.at)} by ${visible(manifest.producer)}, ${files} files, ${by}`,
        ]),
    isWhole
      ? `${paint('bold', 'verified')}: nothing was changed, added or taken away`
      : paint('red', 'not verified'),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return isWhole ? EXIT.ok : EXIT.failure;
}
