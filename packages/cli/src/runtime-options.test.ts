import { expect, it } from 'vitest';
import { type Command, parseCommand, UsageError } from './command.js';
import { RUNTIME_OPTIONS, registryOptions } from './runtime-options.js';

const command: Command = {
  name: 'x',
  summary: '',
  operands: '',
  about: '',
  options: RUNTIME_OPTIONS,
  examples: [],
  run: async () => 0,
};
const options = (...argv: string[]) => registryOptions(parseCommand(command, argv));

it('named places come before the default ones', async () => {
  const { sockets, roots } = await options(
    '--runtime-socket',
    'docker=/tmp/a=b.sock',
    '--runtime-root=runc=/tmp/state',
  )();
  expect(sockets?.[0]).toEqual({ runtime: 'docker', path: '/tmp/a=b.sock' });
  expect(roots?.[0]).toEqual({ runtime: 'runc', path: '/tmp/state' });
  expect(sockets?.length).toBeGreaterThan(1);
  expect(roots?.length).toBeGreaterThan(1);
});

it.each([
  ['--runtime-socket', '/run/docker.sock'],
  ['--runtime-socket', 'lxc=/run/lxc.sock'],
  ['--runtime-socket', 'docker=relative.sock'],
  ['--runtime-root', 'docker=/var/lib/docker'],
])('%s %s is refused at once, before anything is loaded', (option, value) => {
  expect(() => options(option, value)).toThrow(UsageError);
});
