import type { Agent } from '@runward/agent';
import type { Rule, SourceFile } from '@runward/rules';

/** The rules with `source: flow` of files that the sensor took, which reads them first; read again only where there are some. */
export async function flowRulesOf(
  { flowRules }: Pick<Agent, 'flowRules'>,
  files: readonly SourceFile[],
): Promise<readonly Rule[]> {
  if (flowRules === 0) return [];
  const [{ loadRules }, { fieldCatalogue }] = await Promise.all([
    import('@runward/rules'),
    import('@runward/events'),
  ]);
  return loadRules(files, { catalogue: fieldCatalogue }).value?.flowRules ?? [];
}
