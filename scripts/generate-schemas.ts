/**
 * Writes the schemas of policies, playbooks and drills where users find them, from the shapes those are read by. Needs the packages to be
 * compiled. Run by `make generate`; CI runs it into a scratch folder and compares.
 *
 * Usage: node scripts/generate-schemas.ts [OUT_ROOT]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exerciseSchemaText, scenarioSchemaText } from '@runward/drill';
import { policyCustomResourceText, policyJsonSchemaText } from '@runward/policy';
import { playbookJsonSchemaText } from '@runward/respond/playbooks';
import { settingsJsonSchemaText } from '@runward/respond/settings';

const outRoot = process.argv[2] ?? join(import.meta.dirname, '..');

for (const [path, text] of [
  ['policies/runtimepolicy.schema.json', policyJsonSchemaText()],
  ['drills/drill.schema.json', scenarioSchemaText()],
  ['drills/tabletop/tabletop.schema.json', exerciseSchemaText()],
  ['playbooks/responseplaybook.schema.json', playbookJsonSchemaText()],
  ['playbooks/responsesettings.schema.json', settingsJsonSchemaText()],
  ['deploy/crds/runtimepolicies.runward.dev.yaml', policyCustomResourceText()],
] as const) {
  const file = join(outRoot, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
