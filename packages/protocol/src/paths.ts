/** What the server answers to, over HTTP/2 and TLS. */
export const PATHS = {
  /** The certificate of the authority: the one thing told to somebody who trusts nobody yet. */
  authority: '/v1/link/authority',
  enrol: '/v1/link/enrol',
  hello: '/v1/link/hello',
  renew: '/v1/link/renew',
  records: '/v1/link/records',
  commands: '/v1/link/commands',
  answers: '/v1/link/answers',
  /** The documents a node is to hold, and what became of them there. */
  bundle: '/v1/link/bundle',
  standing: '/v1/link/standing',
  challenge: '/v1/link/attest/challenge',
  attest: '/v1/link/attest',
} as const;

/**
 * The name in the server's certificate for agents, whatever address it is reached at: its authority signs for nobody else,
 * so which host, balancer or tunnel stands between does not matter.
 */
export const LINK_NAME = 'link.runward.internal';
