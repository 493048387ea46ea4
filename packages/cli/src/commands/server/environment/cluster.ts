import { type Command, EXIT, UsageError } from '../../../command.js';
import { apiOf, SERVER_API_OPTIONS } from '../../../server-api.js';
import { table, toJson, visible } from '../../../terminal.js';

export const cluster: Command = {
  name: 'server cluster',
  summary: 'list clusters, and say of which environment one is',
  operands: 'list | set CLUSTER ENVIRONMENT',
  about: `Clusters come with their nodes. An environment is a name such as dev, test or prod; stages of a roll-out can name it, and
\`runward server compare\` sets one beside another. An empty one takes it away.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...SERVER_API_OPTIONS },
  examples: [['runward server cluster set shop-1 prod', 'before the first roll-out by environments']],
  run: async (args) => {
    const [what, name, environment, ...more] = args.rest;
    const ask = await apiOf(args);
    if (what === 'list' && name === undefined) {
      const clusters = (await ask('listClusters')) as readonly {
        readonly name: string;
        readonly environment: string;
        readonly nodes: number;
      }[]; // the answer of the operation
      const rows = clusters.map((each) => [visible(each.name), each.environment || '-', String(each.nodes)]);
      const shown = table([['CLUSTER', 'ENVIRONMENT', 'NODES'], ...rows]);
      process.stdout.write(`${args.flag('json') ? toJson({ clusters }) : shown}\n`);
      return EXIT.ok;
    }
    if (what !== 'set' || name === undefined || environment === undefined || more.length > 0)
      throw new UsageError(
        'this is not understood',
        'write `server cluster list` or `set CLUSTER ENVIRONMENT`',
      );
    await ask('setEnvironment', { params: { name }, body: { environment } });
    return EXIT.ok;
  },
};
