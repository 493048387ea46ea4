import type { ServiceMap } from '@runward/flows';
import { agentClient, SOCKET_OPTION } from '../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../command.js';
import { askFlows, FILTER_HELP, flowQuery, HOST_OPTION } from '../flows/flow-query.js';
import { mapDot, mapTable } from '../flows/map-text.js';
import { paintFor, toJson } from '../terminal.js';

const FORMS = ['json', 'dot', 'html'] as const;

export const map: Command = {
  name: 'map',
  summary: 'draw the map of services that the flows make',
  operands: '[FILTER…]',
  about: `Adds the flows up by workload: who asks whom at which port, how often, how much, and what of it fails. Unix sockets
between containers are among them, as far as they are connected now.

${FILTER_HELP}`,
  options: {
    json: { type: 'boolean', doc: 'one JSON object' },
    dot: { type: 'boolean', doc: 'for Graphviz: `runward map --dot | dot -Tsvg`' },
    html: { type: 'boolean', doc: 'one page with a drawing and a table, without scripts' },
    ...HOST_OPTION,
    ...SOCKET_OPTION,
  },
  examples: [
    ['runward map', 'a table'],
    ['runward map --html > map.html', 'a page to look at'],
  ],
  run: mapCommand,
};

async function mapCommand(args: Parsed): Promise<number> {
  const forms = FORMS.filter((form) => args.flag(form));
  if (forms.length > 1)
    throw new UsageError(`\`--${forms.join('` and `--')}\` exclude each other`, 'choose one of them');
  const query = flowQuery(args);
  const client = await agentClient(args);
  const found = (await askFlows(() => client.ask('GET', `/v1/map${query}`))) as ServiceMap; // the agent's own route
  process.stdout.write(`${await text(found, forms[0])}\n`);
  return EXIT.ok;
}

async function text(found: ServiceMap, form: (typeof FORMS)[number] | undefined): Promise<string> {
  switch (form) {
    case 'json':
      return toJson(found);
    case 'dot':
      return mapDot(found);
    case 'html': {
      const { mapHtml } = await import('../flows/map-html.js');
      return mapHtml(found, 'Who talks to whom', new Date());
    }
    case undefined:
      return mapTable(found, paintFor(process.stdout));
  }
}
