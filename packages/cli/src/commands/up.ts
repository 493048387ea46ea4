import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, EXIT, type Parsed, UsageError } from '../command.js';
import { runwardCommand } from '../installation.js';
import { nodeHere } from '../server-options.js';
import { SessionEnd } from '../session.js';
import { listenOption } from './server/run.js';

export const up: Command = {
  name: 'up',
  summary: 'an agent and a server on this machine, in one command',
  operands: '[-- OPTIONS of `runward run`]',
  about: `Starts \`runward server\` and, as a node of it, \`runward run\`; ends both with the first of them, and when it ends itself, however it does. Detections are written as by
\`runward run\`, and are at the server: ask its API (docs/control-plane-api.md) or \`runward server records --state DIR/server\`.`,
  options: {
    state: {
      type: 'string',
      value: 'DIR',
      doc: 'where both keep what they have (default /var/lib/runward-up)',
    },
    listen: { type: 'string', value: 'HOST:PORT', doc: 'where agents connect (default 127.0.0.1:7443)' },
    api: {
      type: 'string',
      value: 'HOST:PORT',
      doc: 'where people and programs ask, HTTPS (default 127.0.0.1:8443)',
    },
  },
  examples: [
    ['runward up', 'everything on one machine'],
    [
      'runward up --listen 0.0.0.0:7443 -- --rules my-rules/',
      'with rules of your own, and open to other nodes',
    ],
  ],
  run: upCommand,
};

const PATIENCE_MS = 120_000;
const say = (message: string): void => void process.stderr.write(`runward: ${message}\n`);

async function upCommand(args: Parsed): Promise<number> {
  const state = resolve(args.text('state') ?? '/var/lib/runward-up');
  const [listen, api] = [args.text('listen') ?? '127.0.0.1:7443', args.text('api') ?? '127.0.0.1:8443'];
  const { port } = listenOption(listen);
  listenOption(api, 'api');
  if (port === 0)
    throw new UsageError('`--listen` has no port', 'the agent has to know it: write `127.0.0.1:7443`');
  const end = new SessionEnd();
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const serverState = join(state, 'server');
  const both: ChildProcess[] = [];
  const start = (command: readonly string[]): ChildProcess => {
    // The channel says nothing: that it closes tells the child that this process is gone, however it ended.
    const child = spawn(runwardCommand, command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    both.push(child);
    return child;
  };
  const server = start(['server', 'run', '--listen', listen, '--api', api, '--state', serverState]);
  const tokenFile = join(state, 'token');
  try {
    const serverEnd = ended(server);
    if (!(await enrolHere(serverState, tokenFile, Promise.race([serverEnd, end.requested]))))
      return await stopAll(both, EXIT.failure);
    const place = ['--state', join(state, 'agent'), '--server', `https://127.0.0.1:${port}`];
    const agent = start([
      'run',
      ...place,
      '--token-file',
      tokenFile,
      '--node-name',
      nodeHere(),
      ...args.rest,
    ]);
    const which = await Promise.race([
      serverEnd.then((code) => ({ what: 'server', code })),
      ended(agent).then((code) => ({ what: 'agent', code })),
      end.requested.then(() => undefined),
    ]);
    if (which === undefined) return await stopAll(both, EXIT.ok);
    // Ctrl-C on a terminal is told to all three.
    if (which.code === EXIT.ok) return await stopAll(both, EXIT.ok);
    say(`the ${which.what} ended with ${which.code}`);
    return await stopAll(both, which.code === EXIT.usage ? EXIT.usage : EXIT.failure);
  } finally {
    rmSync(tokenFile, { force: true });
  }
}

/** A token of the server that was just started, once it answers. False when it ended before. */
async function enrolHere(state: string, file: string, given: Promise<unknown>): Promise<boolean> {
  const { askServer } = await import('@runward/server/admin-client');
  let isOver = false;
  void given.then(() => {
    isOver = true;
  });
  for (const began = performance.now(); !isOver; ) {
    try {
      const order = { cluster: 'main', node: nodeHere(), replace: true, by: 'runward up', validMs: 600_000 };
      const { text } = (await askServer(join(state, 'server.sock'), '/tokens/create', order)) as {
        text: string;
      }; // our own
      writeFileSync(file, text, { mode: 0o600 });
      return true;
    } catch (error) {
      if (performance.now() - began > PATIENCE_MS) {
        say(`the server did not answer: ${error instanceof Error ? error.message : String(error)}`);
        return false;
      }
      await new Promise((later) => setTimeout(later, 200));
    }
  }
  return false;
}

const ended = (child: ChildProcess): Promise<number> =>
  new Promise((done) => {
    child.once('exit', (code) => done(code ?? EXIT.failure));
    child.once('error', () => done(EXIT.failure));
  });

/** The agent first: what it has to tell is to reach the server. */
async function stopAll(both: readonly ChildProcess[], code: number): Promise<number> {
  for (const child of both.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const over = ended(child);
    child.kill('SIGTERM');
    await over;
  }
  return code;
}
