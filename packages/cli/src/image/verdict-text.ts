import type { Accepted, ImageVerdict } from '@runward/trust';
import { type Paint, visible } from '../terminal.js';

export function verdictText(verdict: ImageVerdict, paint: Paint): string {
  const { image, digest, manifest, platform, problems, signatures, attestations, refused, trusted } = verdict;
  const lines = [
    `${visible(image)}`,
    `  ${digest}${manifest === digest ? '' : `, for ${platform} ${manifest}`}`,
  ];
  for (const each of signatures) lines.push(`  signed by ${byText(each)}`);
  for (const each of attestations)
    lines.push(`  attested (${visible(each.predicateType)}) by ${byText(each)}`);
  if (!trusted && refused.length > 0) {
    lines.push('  looked at and not counted:');
    for (const { place, signer, code, message } of refused.slice(0, SHOWN)) {
      lines.push(`    ${place} for \`${visible(signer)}\`: ${code}, ${visible(message)}`);
    }
    if (refused.length > SHOWN)
      lines.push(`    and ${refused.length - SHOWN} more (\`--json\` has them all)`);
  }
  for (const { code, message, help } of problems) {
    lines.push(`${paint('red', `error[${code}]`)}: ${visible(message)}`, `    help: ${visible(help)}`);
  }
  lines.push(trusted ? paint('bold', 'trusted') : paint('red', 'not trusted'));
  return `${lines.join('\n')}\n`;
}

const SHOWN = 10;

const byText = ({ signer, kind, identity, issuer, signedAt }: Accepted): string =>
  [
    `\`${visible(signer)}\` (${kind})`,
    ...(identity === undefined ? [] : [visible(identity)]),
    ...(issuer === undefined ? [] : [`vouched for by ${visible(issuer)}`]),
    ...(signedAt === undefined ? [] : [signedAt]),
  ].join(', ');
