import type { ImageDemand } from '@runward/policy/trust';
import type { ImageSource, ImageVerdict, VerifyOptions } from '@runward/trust';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { asksNothing, DEMAND_OPTIONS, demandOf } from '../../image/demand-options.js';
import { openImage, optional, platformOption, SOURCE_OPTIONS } from '../../image/image-source.js';
import { policyDemands } from '../../image/policy-demands.js';
import { verdictText } from '../../image/verdict-text.js';
import { paintFor, toJson } from '../../terminal.js';

export const verify: Command = {
  name: 'image verify',
  summary: 'say whether an image is signed, attested and approved as asked',
  operands: 'REFERENCE',
  about: `Checks an image: that what is stored is what its digests name, that it is from where it should be, and that those who
are named signed and attested it. Signatures of cosign (by key and keyless, under tags, as referrers and in bundles) and
of the Notary Project (JWS) are read. Keys and roots are files: nothing but the registry of the image is asked.

Says which check failed and why, with a code of its own for each reason. An identity that matches everybody is refused.`,
  options: {
    ...DEMAND_OPTIONS,
    ...SOURCE_OPTIONS,
    policy: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'what the `trust` sections of policies ask for instead; repeatable',
    },
    layers: { type: 'boolean', doc: 'read every layer and compare its digest; runtimes do when they pull' },
    json: { type: 'boolean', doc: 'one JSON object' },
  },
  examples: [
    ['runward image verify ghcr.io/acme/app:1.2 --key release.pub', 'signed with this key?'],
    [
      'runward image verify ghcr.io/acme/app:1.2 --certificate-identity "https://github.com/acme/app/*" --certificate-oidc-issuer https://token.actions.githubusercontent.com --trusted-root root.json',
      'built and signed by a workflow of this repository?',
    ],
    [
      'runward image verify --archive app.tar --key release.pub --layers',
      'before it is carried into an air-gapped site',
    ],
  ],
  run: verifyCommand,
};

async function verifyCommand(args: Parsed): Promise<number> {
  const demand = await demandOf(args);
  const files = args.texts('policy');
  if (asksNothing(demand) === (files.length === 0)) {
    throw new UsageError(
      files.length === 0 ? 'nothing is asked of the image' : 'a policy and other demands are named',
      'name a signer (`--key FILE`) or what else it must be, or `--policy FILE` by itself',
    );
  }
  const { source, reference, close } = await openImage(args);
  try {
    const options = {
      layers: args.flag('layers'),
      ...platformOption(args),
      ...optional('reference', reference),
    };
    if (files.length > 0) return await byPolicies(args, files, source, options);
    const verdict = await judge(source, demand, options);
    process.stdout.write(
      args.flag('json') ? `${toJson(verdict)}\n` : verdictText(verdict, paintFor(process.stdout)),
    );
    return verdict.trusted ? EXIT.ok : EXIT.failure;
  } finally {
    await close();
  }
}

type Options = Omit<VerifyOptions, 'demand' | 'signers'>;

async function judge(source: ImageSource, demand: ImageDemand, options: Options): Promise<ImageVerdict> {
  const { loadSigners, verifyImage } = await import('@runward/trust');
  return verifyImage(source, { demand, signers: await loadSigners(demand.signers), ...options });
}

async function byPolicies(
  args: Parsed,
  files: readonly string[],
  source: ImageSource,
  options: Options,
): Promise<number> {
  const demands = await policyDemands(files, options.reference);
  if (demands === undefined) return EXIT.usage;
  const verdicts: (ImageVerdict & { readonly policy: string })[] = [];
  for (const { policy, demand } of demands) {
    verdicts.push({ policy, ...(await judge(source, demand, options)) });
  }
  const trusted = verdicts.every((verdict) => verdict.trusted);
  if (args.flag('json')) process.stdout.write(`${toJson({ image: source.name, trusted, verdicts })}\n`);
  else {
    const paint = paintFor(process.stdout);
    const texts = verdicts.map(
      (verdict) => `${paint('bold', verdict.policy)}: ${verdictText(verdict, paint)}`,
    );
    process.stdout.write(texts.join('\n'));
  }
  return trusted ? EXIT.ok : EXIT.failure;
}
