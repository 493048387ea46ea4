import { SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type OptionSpec } from '../../command.js';
import { changedText } from '../../incidents/incident-text.js';
import { toJson } from '../../terminal.js';
import { askAbout, onlyIncident } from './ask.js';

export const WHY_OPTION: Readonly<Record<string, OptionSpec>> = {
  why: { type: 'string', value: 'TEXT', doc: 'the reason, kept with who and when' },
};

function change(
  verb: 'contain' | 'resolve' | 'reopen',
  summary: string,
  about: string,
  example: string,
): Command {
  return {
    ...{ name: `incidents ${verb}`, summary, operands: 'ID', about },
    options: {
      ...WHY_OPTION,
      json: { type: 'boolean', doc: 'the incident as one JSON object' },
      ...SOCKET_OPTION,
    },
    examples: [[`runward incidents ${verb} 4f1c2a --why "${example}"`, 'with a reason']],
    run: async (args) => {
      const id = onlyIncident(args, `${verb} ID`);
      const why = args.text('why');
      const incident = await askAbout(args, id, verb, why === undefined ? {} : { why });
      process.stdout.write(`${args.flag('json') ? toJson(incident) : changedText(incident)}\n`);
      return EXIT.ok;
    },
  };
}

export const contain = change(
  'contain',
  'say that it is contained, by whatever means',
  `Marks an incident as contained. \`runward isolate\` does so by itself for what is open about the container. A stage that was
not seen before opens it again; more of the same does not.`,
  'scaled to zero',
);

export const resolve = change(
  'resolve',
  'close it',
  'Closes an incident. What goes on within a day, in its containers or in its workload by the same rules, opens it again.',
  'token revoked, image rebuilt',
);

export const reopen = change(
  'reopen',
  'open it again',
  'Opens an incident that was closed.',
  'seen again elsewhere',
);
