import { Approvals, type ApproveRequest, notAlike } from '@runward/attest';
import { agentClient, SOCKET_OPTION, stateOf } from '../../agent-client.js';
import { ATTEST_OPTIONS, examineContainers, nameOf } from '../../attest/attest-desk.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { toJson, visible } from '../../terminal.js';

export const approve: Command = {
  name: 'attest approve',
  summary: 'say that the configuration of a container is right, for it and its like',
  operands: 'CONTAINER|WORKLOAD|IMAGE',
  about: `What the container may do now is what it and its like may do from now on. Named by its own name the approval holds for that
name, by a workload (\`NAMESPACE/NAME\`) for its pods, by an image for every container of it. Several containers must be alike,
or none is approved. What was approved before is kept in the approval's history; a running agent is told, which puts it on record.`,
  options: {
    why: { type: 'string', value: 'TEXT', doc: 'the reason, kept with it' },
    ...ATTEST_OPTIONS,
    ...SOCKET_OPTION,
  },
  examples: [
    ['runward attest approve web --why "reviewed, OPS-12"', 'what `web` may do now is right'],
    ['runward attest approve docker.io/library/nginx', 'for every container of the image'],
  ],
  run: approveCommand,
};

const LONGEST_WHY = 1000;

async function approveCommand(args: Parsed): Promise<number> {
  const name = nameOf(args, 'approve');
  if (name === undefined)
    throw new UsageError(
      'no container is named',
      'write `runward attest approve NAME`; `runward attest show` lists them',
    );
  const why = args.text('why') ?? '';
  if (why.length > LONGEST_WHY)
    throw new UsageError(`the reason is longer than ${LONGEST_WHY} characters`, 'write a shorter one');
  const { chosen, key } = await examineContainers(args, name);
  const [first] = chosen;
  if (first === undefined) return EXIT.failure; // ended meanwhile: told where it was looked at
  const others = chosen.filter(
    ({ attestation }) => attestation.observation.digest !== first.attestation.observation.digest,
  );
  if (others.length > 0)
    throw notAlike(
      name,
      [first, ...others].map(({ subject }) => subject.name || subject.id.slice(0, 12)),
    );
  const { whoIs } = await import('@runward/state');
  const state = stateOf(args);
  const request: ApproveRequest = {
    ...{ key, subject: first.subject, observation: first.attestation.observation, why },
    who: whoIs(process.pid, process.getuid?.() ?? 0),
  };
  const approval = await new Approvals(state).approve(request);
  // On record where an agent of this state runs; without one the file itself says who and when.
  const told = await (await agentClient(args))
    .askIfRunning('POST', '/v1/attest/approved', {
      body: { key, digest: approval.digest, state, why },
    })
    .catch(() => undefined);
  if (args.flag('json')) process.stdout.write(`${toJson({ ...approval, onRecord: told !== undefined })}\n`);
  else
    process.stdout.write(
      `approved for ${visible(key)}: ${approval.digest}\n${chosen.length} running container${chosen.length === 1 ? ' is' : 's are'} as approved; score ${first.attestation.score} of 100\n`,
    );
  return EXIT.ok;
}
