import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const COST = { N: 32_768, r: 8, p: 1 };
const KEY_BYTES = 32;
/** Each takes 32 MiB while it is worked on. */
const MOST_AT_ONCE = 2;
export const SHORTEST_PASSWORD = 12;
export const LONGEST_PASSWORD = 256;

let atWork = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (atWork >= MOST_AT_ONCE) await new Promise<void>((go) => waiting.push(go));
  else atWork += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) atWork -= 1;
    else next();
  }
}

function derive(password: string, salt: Buffer, { N, r, p }: typeof COST): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/** `scrypt$N$r$p$SALT$KEY`, salt and key in base64url (RFC 7914). */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await inTurn(() => derive(password, salt, COST));
  const { N, r, p } = COST;
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** The hash of a password nobody has: who asks for an unknown account waits as long as for a known one. */
const NOBODY = `scrypt$${COST.N}$${COST.r}$${COST.p}$${Buffer.alloc(16).toString('base64url')}$${Buffer.alloc(KEY_BYTES).toString('base64url')}`;

export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [kind, N, r, p, salt = '', key = ''] = (hash ?? NOBODY).split('$');
  if (kind !== 'scrypt') return false;
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const found = await inTurn(() => derive(password, Buffer.from(salt, 'base64url'), cost));
  const wanted = Buffer.from(key, 'base64url');
  return found.length === wanted.length && timingSafeEqual(found, wanted) && hash !== undefined;
}
