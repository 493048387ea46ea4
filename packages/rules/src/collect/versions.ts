import type { MapReader } from './map-reader.js';

/**
 * Level of the rule language this room implements, in the numbering of the ecosystem's engine: a file that
 * requires a higher one may use constructs unknown here.
 */
export const ENGINE_VERSION = '0.62.0';

/** Plugins whose fields are built in. */
const BUILT_IN_PLUGINS = new Set(['container']);

export function readEngineVersion(reader: MapReader): void {
  const node = reader.scalar('required_engine_version');
  if (node === undefined) return;
  const text = /^\d+$/.test(node.text) ? `0.${node.text}.0` : node.text;
  const required = parseVersion(text);
  if (required === undefined) {
    const message = `\`${node.text}\` is not a version`;
    reader.report('RULE_KEY_TYPE', message, 'write a number or `x.y.z`', node.span);
    return;
  }
  const ours = parseVersion(ENGINE_VERSION) ?? [0, 0, 0];
  if (required[0] === ours[0] && compare(required, ours) <= 0) return;
  const message = `the file requires engine version ${text}; this engine speaks ${ENGINE_VERSION}`;
  reader.report('RULE_ENGINE_VERSION', message, 'use an older rule file or a newer release', node.span);
}

export function readPluginVersions(reader: MapReader): void {
  const node = reader.node('required_plugin_versions');
  if (node?.kind !== 'list') {
    const span = node?.span ?? reader.span;
    reader.report('RULE_KEY_TYPE', '`required_plugin_versions` must be a list', '', span);
    return;
  }
  for (const entry of node.items) {
    if (entry.kind !== 'map') {
      reader.report('RULE_KEY_TYPE', 'a plugin requirement must have a name and a version', '', entry.span);
      continue;
    }
    const names = [entry, ...alternatives(entry.entries.get('alternatives')?.value)].map((plugin) => {
      const name = plugin.entries.get('name')?.value;
      const version = plugin.entries.get('version')?.value;
      if (name?.kind !== 'scalar' || version?.kind !== 'scalar' || name.text === '' || version.text === '') {
        reader.report(
          'RULE_KEY_TYPE',
          'a plugin requirement must have a name and a version',
          '',
          plugin.span,
        );
        return undefined;
      }
      if (parseVersion(version.text) === undefined) {
        const message = `\`${version.text}\` is not a version of plugin \`${name.text}\``;
        reader.report('RULE_PLUGIN_VERSION', message, 'write it as `x.y.z`', version.span);
      }
      return name.text;
    });
    const twice = names.find((name, i) => name !== undefined && names.indexOf(name) !== i);
    if (twice !== undefined) {
      const message = `plugin \`${twice}\` is named twice in one requirement`;
      reader.report('RULE_PLUGIN_VERSION', message, 'keep the version that is needed', entry.span);
    }
    if (names.includes(undefined) || names.some((n) => n !== undefined && BUILT_IN_PLUGINS.has(n))) continue;
    const message = `the file was written for plugin \`${names.join('` or `')}\`, which does not exist here`;
    reader.report('RULE_PLUGIN_MISSING', message, 'rules of its event source are skipped', entry.span);
  }
}

type PluginMap = Extract<ReturnType<MapReader['node']>, { kind: 'map' }>;

const alternatives = (node: ReturnType<MapReader['node']>): readonly PluginMap[] =>
  node?.kind === 'list' ? node.items.filter((item): item is PluginMap => item.kind === 'map') : [];

type Version = readonly [number, number, number];

function parseVersion(text: string): Version | undefined {
  const found = /^(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/.exec(text);
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3])];
}

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
