export { Attempts } from './attempts.js';
export { IdentityProvider, type ProviderSettings, SIGN_IN_MS } from './identity-provider.js';
export { hashPassword, isPassword, LONGEST_PASSWORD, SHORTEST_PASSWORD } from './password.js';
export {
  firstAdmin,
  grantsOf,
  type Identity,
  type NewPerson,
  People,
  type Person,
  type PersonChange,
  resetAdmin,
} from './people.js';
export {
  covers,
  EVERYWHERE,
  type Grant,
  isWithin,
  may,
  PERMISSIONS,
  type Permission,
  type Place,
  ROLE_INFO,
  ROLES,
  type Role,
  type Scope,
  scopesOf,
} from './roles.js';
export { digestOf, newId, newSecret, pageProof } from './secret.js';
export { IDLE_MS, LONGEST_MS, Sessions } from './sessions.js';
export { TOKEN_PREFIX, type Token, Tokens } from './tokens.js';
