import type { Comparison, Inventory } from '@runward/trust';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { openImage, platformOption, SOURCE_OPTIONS } from '../../image/image-source.js';
import { sizeText } from '../../quantity.js';
import { table, toJson, visible } from '../../terminal.js';

export const inventory: Command = {
  name: 'image inventory',
  summary: 'list what can run of an image, by layer and digest; compare a container with it',
  operands: 'REFERENCE',
  about: `Lists programs, scripts and libraries of an image with their SHA-256, as its topmost layer leaves them, and the layer
each is from. Every layer is read and compared with its digests; nothing is written to the disk. Layers are shown with
their chain id, which names a base (\`--base\` of \`image verify\`, \`bases\` of a policy).

With \`--compare DIR\`, such as /proc/PID/root, says what in that folder can run and is not as the image has it:
\`changed\` at a place of the image, \`moved\` (content the image has elsewhere) or \`new\`; and what is gone.
Exit code 1 when something differs.`,
  options: {
    ...SOURCE_OPTIONS,
    compare: { type: 'string', value: 'DIR', doc: 'a root to compare with the image' },
    json: { type: 'boolean', doc: 'one JSON object' },
  },
  examples: [
    ['runward image inventory ghcr.io/acme/app:1.2', 'what can run of it'],
    [
      'runward image inventory ghcr.io/acme/app:1.2 --compare /proc/4711/root',
      'what was changed since it runs',
    ],
  ],
  run: inventoryCommand,
};

async function inventoryCommand(args: Parsed): Promise<number> {
  const { compareTree, takeInventory } = await import('@runward/trust');
  const { source, close } = await openImage(args);
  try {
    const taken = await takeInventory(source, platformOption(args).platform);
    const folder = args.text('compare');
    if (folder === undefined) {
      process.stdout.write(
        args.flag('json') ? `${toJson({ image: source.name, ...taken })}\n` : inventoryText(taken),
      );
      return EXIT.ok;
    }
    const comparison = await compareTree(taken, folder);
    process.stdout.write(
      args.flag('json')
        ? `${toJson({ image: source.name, digest: taken.digest, ...comparison })}\n`
        : comparisonText(comparison),
    );
    return comparison.drifted.length + comparison.removed.length === 0 ? EXIT.ok : EXIT.failure;
  } finally {
    await close();
  }
}

function inventoryText({ digest, layers, executables }: Inventory): string {
  const rows = [...executables].map(([path, { layer, sha256, size }]) => [
    ...[String(layer), sha256, sizeText(size), visible(path)],
  ]);
  const stack = layers.map(({ digest: packed, chainId, executables: n }, i) => [
    ...[String(i), packed, chainId, String(n)],
  ]);
  return [
    digest,
    table([['LAYER', 'DIGEST', 'CHAIN ID', 'EXECUTABLES'], ...stack]),
    '',
    `${table([['LAYER', 'SHA-256', 'SIZE', 'PATH'], ...rows])}\n`,
  ].join('\n');
}

function comparisonText({ drifted, removed, compared, unread }: Comparison): string {
  const rows = [
    ...drifted.map(({ path, drift, sha256 }) => [drift, visible(path), sha256]),
    ...removed.map((path) => ['gone', visible(path), '']),
  ];
  const differs = rows.length === 0 ? [] : [table([['WHAT', 'PATH', 'SHA-256'], ...rows])];
  const not = unread.map((each) => `not read: ${visible(each)}`);
  return `${[...differs, ...not, `${compared} executables compared, ${rows.length} differ`].join('\n')}\n`;
}
