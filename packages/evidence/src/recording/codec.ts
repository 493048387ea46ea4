/** What JSON can say. */
export type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [name: string]: Plain | undefined };

/** Turns a value into JSON data and back. Reading trusts nothing: what does not fit throws {@link Misfit}. */
export interface Codec<T> {
  readonly write: (value: T) => Plain;
  /** `at` says where in the whole the value is, for the message. */
  readonly read: (plain: unknown, at: string) => T;
}

/** A value in a recording is not of the form it should have. */
export class Misfit extends Error {}

function primitive<T extends string | number | boolean>(type: 'string' | 'number' | 'boolean'): Codec<T> {
  return {
    write: (value) => value,
    read: (plain, at) => {
      if (typeof plain !== type) throw new Misfit(`\`${at}\` is not a ${type}`);
      return plain as T; // its type was just looked at
    },
  };
}
export const text = primitive<string>('string');
export const number = primitive<number>('number');
export const flag = primitive<boolean>('boolean');

/** 64-bit numbers as decimal text: JSON numbers lose their low bits. */
export const big: Codec<bigint> = {
  write: (value) => String(value),
  read: (plain, at) => {
    if (typeof plain !== 'string' || !/^-?\d{1,39}$/.test(plain)) throw new Misfit(`\`${at}\` is no integer`);
    return BigInt(plain);
  },
};

export const oneOf = <T extends string>(...values: readonly T[]): Codec<T> => ({
  write: (value) => value,
  read: (plain, at) => {
    const found = values.find((v) => v === plain);
    if (found === undefined) throw new Misfit(`\`${at}\` is none of ${values.join(', ')}`);
    return found;
  },
});

export const optional = <T>(codec: Codec<T>): Codec<T | undefined> => ({
  write: (value) => (value === undefined ? null : codec.write(value)),
  read: (plain, at) => (plain === null || plain === undefined ? undefined : codec.read(plain, at)),
});

export const list = <T>(codec: Codec<T>): Codec<readonly T[]> => ({
  write: (values) => values.map(codec.write),
  read: (plain, at) => {
    if (!Array.isArray(plain)) throw new Misfit(`\`${at}\` is no list`);
    return plain.map((item: unknown, i) => codec.read(item, `${at}[${i}]`));
  },
});

export const pair = <A, B>(first: Codec<A>, second: Codec<B>): Codec<readonly [A, B]> => ({
  write: ([a, b]) => [first.write(a), second.write(b)],
  read: (plain, at) => {
    if (!Array.isArray(plain) || plain.length !== 2) throw new Misfit(`\`${at}\` is no pair`);
    return [first.read(plain[0], `${at}[0]`), second.read(plain[1], `${at}[1]`)];
  },
});

export const mapOf = <T>(codec: Codec<T>): Codec<ReadonlyMap<string, T>> => {
  const entries = list(pair(text, codec));
  return {
    write: (map) => entries.write([...map]),
    read: (plain, at) => new Map(entries.read(plain, at)),
  };
};

type Fields<T> = { readonly [K in keyof T]-?: Codec<T[K]> };

/** An object with exactly these members; others in the data are ignored. */
export const object = <T extends object>(fields: Fields<T>): Codec<T> => {
  const names = Object.keys(fields) as (keyof T & string)[]; // of a literal with the keys of T
  return {
    write: (value) => {
      const plain: Record<string, Plain> = {};
      for (const name of names) plain[name] = fields[name].write(value[name]);
      return plain;
    },
    read: (plain, at) => {
      if (typeof plain !== 'object' || plain === null) throw new Misfit(`\`${at}\` is no object`);
      const members = new Map<string, unknown>(Object.entries(plain));
      const entries = names.map((name) => [name, fields[name].read(members.get(name), `${at}.${name}`)]);
      return Object.fromEntries(entries) as T; // one entry for each key of T, by its own codec
    },
  };
};

/** The same as a list of the members' values, in the order of `fields`: a third of the size where there are many. */
export const row = <T extends object>(fields: Fields<T>): Codec<T> => {
  const names = Object.keys(fields) as (keyof T & string)[]; // of a literal with the keys of T
  return {
    write: (value) => names.map((name) => fields[name].write(value[name])),
    read: (plain, at) => {
      if (!Array.isArray(plain) || plain.length !== names.length)
        throw new Misfit(`\`${at}\` is no such row`);
      const entries = names.map((name, i) => [name, fields[name].read(plain[i], `${at}.${name}`)]);
      return Object.fromEntries(entries) as T; // one entry for each key of T, by its own codec
    },
  };
};

export const parse = <T>(codec: Codec<T>, json: string): T => {
  let plain: unknown;
  try {
    plain = JSON.parse(json);
  } catch {
    throw new Misfit('it is not JSON');
  }
  return codec.read(plain, 'it');
};
