/** Servers of the protocols responses speak, for tests: on loopback, over TLS. */
export { IamServer } from './iam-server.js';
export { KubernetesServer, type Rule, rulesIn } from './kubernetes-server.js';
export { CLIENT, oauthListener } from './oauth-server.js';
export { type Asked, type Certificate, makeCertificate, TlsServer, type Told } from './tls-server.js';
export { VaultServer } from './vault-server.js';
