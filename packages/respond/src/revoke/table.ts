import { mapped, object, type Shape } from '@runward/policy/shape';
import { aws } from './aws.js';
import { kubernetes } from './kubernetes.js';
import { oauth } from './oauth.js';
import type { RevokerSettings, RevokerType } from './revoker.js';
import { vault } from './vault.js';
import { webhook } from './webhook.js';

const TYPES = { oauth, vault, webhook, aws, kubernetes } as const;

export type RevokerTypeName = keyof typeof TYPES;
// The keys of the table are its names.
const NAMES = Object.keys(TYPES) as readonly RevokerTypeName[];

/** A revoker with what it is by. */
export interface Revoker {
  readonly type: RevokerTypeName;
  readonly settings: RevokerSettings;
}

/** An entry takes the settings its own shape made: {@link revokerShape} keeps them together. */
export const typeOf = (name: RevokerTypeName): RevokerType<RevokerSettings> =>
  TYPES[name] as unknown as RevokerType<RevokerSettings>;

/** `- oauth: { name: …, url: … }` */
export const revokerShape: Shape<Revoker> = mapped(
  object(
    Object.fromEntries(
      NAMES.map((name) => [name, { shape: typeOf(name).shape, doc: `Revoked by ${name}.` }]),
    ) as {
      readonly [N in RevokerTypeName]: { readonly shape: Shape<RevokerSettings>; readonly doc: string };
    }, // one entry for each type
    { one: NAMES },
  ),
  ({ value }) => {
    const type = NAMES.find((name) => value[name] !== undefined);
    const settings = type && value[type];
    return type === undefined || settings === undefined ? undefined : { type, settings };
  },
);
