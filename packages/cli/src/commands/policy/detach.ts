import { PINS_OPTION, pinsOf } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { policyDesk, STATE_OPTIONS } from '../../policy-desk.js';
import { toJson } from '../../terminal.js';

export const detach: Command = {
  name: 'policy detach',
  summary: 'the way out: have nothing enforced any more',
  operands: '--all',
  about: `Takes everything that enforces policies out of the kernel, at once, for all containers, with an agent or without
one. The policies stay applied: the next start of an agent puts them in force again; a running one waits for that. What
containers got when they were created (capabilities, system call filters, a read-only root) stays with them until they
end. New containers whose policies fail closed are refused meanwhile. Who did it, and when, is recorded.

To have one policy not in force, use \`runward policy mode NAME off\` or \`runward policy delete NAME\`.`,
  options: {
    all: { type: 'boolean', doc: 'really everything; without it nothing is done' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...PINS_OPTION,
    ...STATE_OPTIONS,
  },
  examples: [['runward policy detach --all', 'something is denied that must not be, now']],
  run: detachCommand,
};

async function detachCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0 || !args.flag('all'))
    throw new UsageError(
      args.rest.length > 0 ? `unexpected \`${args.rest[0]}\`` : '`--all` is missing',
      'write `runward policy detach --all`; one policy is let go of by `runward policy mode NAME off`',
    );
  const desk = await policyDesk(args);
  const detached = desk.agent === undefined ? await detachHere(args) : await detachThere(desk.agent);
  const text = detached ? 'nothing is enforced any more' : 'nothing was enforced';
  process.stdout.write(args.flag('json') ? `${toJson({ detached })}\n` : `${text}\n`);
  return EXIT.ok;

  async function detachThere(agent: NonNullable<typeof desk.agent>): Promise<boolean> {
    const answer = (await agent.ask('POST', '/v1/enforcement/detach')) as { readonly detached: boolean }; // the route answers so
    return answer.detached;
  }

  async function detachHere(given: Parsed): Promise<boolean> {
    const { pinFolderOf } = await import('@runward/agent/policies');
    const { PinnedEnforcement } = await import('@runward/enforce');
    const { PolicyAdministration, whoIs } = await import('@runward/state');
    const wasThere = PinnedEnforcement.detachAll(pinsOf(given) ?? pinFolderOf(desk.store.folder));
    // First the way out, then the record: a full disk must not keep anybody in.
    const administration = new PolicyAdministration(desk.store, 'command', async () => []);
    await administration.recordDetach(whoIs(process.pid, process.getuid?.() ?? 0));
    return wasThere;
  }
}
