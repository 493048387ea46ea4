import { RespondError } from '../error.js';
import type { Action } from './action.js';
import { needed, time, word } from './term.js';

export interface ExecOrder {
  readonly action: 'exec';
  readonly script: string;
  readonly timeoutMs: number;
}

const SCRIPT = /^[A-Za-z0-9][\w-]{0,62}(?:\.[\w-]{1,16})?$/;
const TIMEOUT_MS = 30_000;

export const exec: Action<ExecOrder> = {
  name: 'exec',
  summary: 'run a signed script on the node, about a container',
  about: `Runs a script of the folder that the settings of responses name, if one of their Ed25519 keys signed it. It runs on the host as the
agent does, without arguments and without a shell, with the container in its environment (RUNWARD_CONTAINER_ID and others), and is
killed with its group when its time is over. The last 4 KiB of what it writes are recorded. There is no undo.`,
  example: ['runward respond exec web --script detach-volume', 'signed beforehand'],
  terms: {
    script: needed(
      word({
        ...{
          word: 'script',
          doc: 'Its name in that folder.',
          what: 'the name of a file: letters, digits, `-`, `_`',
        },
        ...{ longest: 80, otherwise: undefined, pattern: SCRIPT },
      }),
    ),
    timeoutMs: time({
      ...{
        word: 'timeout',
        doc: 'How long it may take. Default 30s.',
        least: 100,
        most: 600_000,
        otherwise: TIMEOUT_MS,
      },
    }),
  },
  patienceMs: ({ timeoutMs }) => timeoutMs + 10_000,
  perform: async ({ script: name, timeoutMs }, subject, hands, doing) => {
    const [{ readSigned }, { runScript }] = await Promise.all([
      import('../script/signed-script.js'),
      import('../script/run-script.js'),
    ]);
    const { scripts } = hands.settings;
    if (scripts === undefined)
      throw new RespondError('RESPOND_NOT_SET_UP', 'there is no folder of scripts', {
        help: 'write `scripts:` in the settings of responses, and start the agent with `--response-settings FILE`',
      });
    const { id, name: container, runtime, pod, pids } = subject;
    const facts = await runScript(readSigned(name, scripts), {
      ...{ folder: hands.scriptFolder, id: doing.id, timeoutMs },
      environment: {
        ...{ RUNWARD_CONTAINER_ID: id, RUNWARD_CONTAINER_NAME: container, RUNWARD_RUNTIME: runtime },
        ...{
          RUNWARD_POD: pod,
          RUNWARD_PIDS: pids.join(' '),
          RUNWARD_RESPONSE: doing.id,
          RUNWARD_WHY: doing.why,
        },
      },
    });
    return { result: 'done', facts: { script: name, ...facts } };
  },
};
