import { type KeyObject, sign, verify } from 'node:crypto';
import { type Bundle, bundleSchema, type SignedBundle } from '../bundle.js';
import { type Command, commandSchema, type SignedCommand } from '../command.js';
import { ProtocolError } from '../error.js';
import { parseMessage } from './message.js';

/** Nothing else that this key may ever sign begins like it. */
const PURPOSE = 'runward-command-1\n';
const signed = (command: string): Buffer => Buffer.from(PURPOSE + command);

export function signCommand(command: Command, key: KeyObject): SignedCommand {
  const text = JSON.stringify(command);
  return { command: text, signature: sign(null, signed(text), key).toString('base64') };
}

/** The command, if the key signed it. Read only after that. @throws ProtocolError PROTOCOL_SIGNATURE, PROTOCOL_MALFORMED */
export function verifyCommand({ command, signature }: SignedCommand, key: KeyObject): Command {
  if (!verify(null, signed(command), key, Buffer.from(signature, 'base64')))
    throw new ProtocolError('PROTOCOL_SIGNATURE', 'a command is not signed by the server of this node', {
      help: 'somebody else spoke for the server, or its command key was replaced: enrol the node again',
    });
  return parseMessage(commandSchema, command, 'a command');
}

const BUNDLE_PURPOSE = 'runward-bundle-1\n';
const signedBundle = (bundle: string): Buffer => Buffer.from(BUNDLE_PURPOSE + bundle);

export function signBundle(bundle: Bundle, key: KeyObject): SignedBundle {
  const text = JSON.stringify(bundle);
  return { bundle: text, signature: sign(null, signedBundle(text), key).toString('base64') };
}

/** The bundle, if the key signed it. Read only after that. @throws ProtocolError PROTOCOL_SIGNATURE, PROTOCOL_MALFORMED */
export function verifyBundle({ bundle, signature }: SignedBundle, key: KeyObject): Bundle {
  if (!verify(null, signedBundle(bundle), key, Buffer.from(signature, 'base64')))
    throw new ProtocolError('PROTOCOL_SIGNATURE', 'a bundle is not signed by the server of this node', {
      help: 'somebody else spoke for the server, or its command key was replaced: enrol the node again',
    });
  return parseMessage(bundleSchema, bundle, 'a bundle');
}
