import { type Command, EXIT, numberOption, type Parsed, UsageError } from '../../command.js';
import { SERVER_STATE_OPTION, serverStateOf } from '../../server-options.js';
import { SessionEnd } from '../../session.js';

export const run: Command = {
  name: 'server run',
  summary: 'start the server',
  operands: '',
  about: `Listens for agents until it is interrupted. The first start makes the authority that signs for nodes; its folder is what has
to be kept safe and backed up (docs/server.md).`,
  options: {
    listen: { type: 'string', value: 'HOST:PORT', doc: 'where agents connect (default 0.0.0.0:7443)' },
    'keep-days': { type: 'string', value: 'N', doc: 'how long to keep what nodes told (default 90)' },
    'store-memory': { type: 'string', value: 'MIB', doc: 'what its store may have of memory (default 512)' },
    ...SERVER_STATE_OPTION,
  },
  examples: [['runward server --listen 192.0.2.1:7443', 'on one address']],
  run: serverCommand,
};

const DAY_MS = 86_400_000;
const say = (message: string): void => void process.stderr.write(`runward: ${message}\n`);

async function serverCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, '`runward server --help` lists what there is');
  const { host, port } = listenOption(args.text('listen') ?? '0.0.0.0:7443');
  const settings = {
    ...{ state: serverStateOf(args), host, port, say },
    memoryMib: numberOption(args, 'store-memory', 512, 128, 1024 * 1024),
    keepMs: numberOption(args, 'keep-days', 90, 1, 36_500) * DAY_MS,
  };
  const end = new SessionEnd();
  const { startLink } = await import('@runward/server');
  const link = await startLink(settings);
  say(`ready; agents connect to port ${link.server.port}, authority ${link.authority.slice(0, 16)}`);
  await end.requested;
  await link.close();
  return EXIT.ok;
}

/** `HOST:PORT`, `[::1]:PORT`, or a port. */
export function listenOption(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits = ''] =
    /^(?:\[([0-9a-fA-F:.]+)\]:|([^\s:/]+):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535)
    throw new UsageError(
      `\`--listen ${text}\` is no address`,
      'write `0.0.0.0:7443`, `[::1]:7443` or a port',
    );
  return { host: bracketed ?? plain ?? '0.0.0.0', port };
}
