import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

export interface KafkaLogin {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly user: string;
  readonly password: string;
}

const ITERATIONS = 4096;

/** The server's side of one authentication. Each message is answered; `undefined`: it is not who it says. */
export class LoginExchange {
  readonly #login: KafkaLogin;
  readonly #salt = randomBytes(16);
  #first: { readonly client: string; readonly server: string } | undefined;
  isDone = false;

  constructor(login: KafkaLogin) {
    this.#login = login;
  }

  answer(message: Buffer): Buffer | undefined {
    const { mechanism, user, password } = this.#login;
    if (mechanism !== 'PLAIN') return this.#scram(message.toString());
    const [, name, word] = message.toString().split('\0');
    this.isDone = name === user && word === password;
    return this.isDone ? Buffer.alloc(0) : undefined;
  }

  /** RFC 5802, section 5. */
  #scram(message: string): Buffer | undefined {
    const { mechanism, user, password } = this.#login;
    const digest = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
    const bytes = digest === 'sha256' ? 32 : 64;
    if (this.#first === undefined) {
      const [, client = '', name, nonce] = /^n,,(n=([^,]*),r=(.+))$/.exec(message) ?? [];
      if (name !== user) return undefined;
      const own = `${nonce}${randomBytes(12).toString('hex')}`;
      const server = `r=${own},s=${this.#salt.toString('base64')},i=${ITERATIONS}`;
      this.#first = { client, server };
      return Buffer.from(server);
    }
    const { client, server } = this.#first;
    const [, without = '', proof = ''] = /^(c=biws,r=[^,]+),p=(.+)$/.exec(message) ?? [];
    const hmac = (key: Buffer, text: string): Buffer => createHmac(digest, key).update(text).digest();
    const salted = pbkdf2Sync(password, this.#salt, ITERATIONS, bytes, digest);
    const clientKey = hmac(salted, 'Client Key');
    const said = `${client},${server},${without}`;
    const signature = hmac(createHash(digest).update(clientKey).digest(), said);
    const expected = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)));
    this.isDone = expected.toString('base64') === proof;
    if (!this.isDone) return undefined;
    return Buffer.from(`v=${hmac(hmac(salted, 'Server Key'), said).toString('base64')}`);
  }
}
