import { mapped, object, parsed } from '@runward/policy/shape';
import {
  credentialPlaces,
  httpsUrl,
  plainText,
  SERVER_FIELDS,
  secret,
  serverOf,
  shortName,
} from '../settings/values.js';
import { refused } from '../web/refused.js';
import { readSecret, type SecretPlace } from '../web/secret.js';
import { signedHeaders } from '../web/sigv4.js';
import { ask } from '../web/web-client.js';
import type { RevokerSettings, RevokerType } from './revoker.js';

export interface AwsSettings extends RevokerSettings {
  readonly url: string;
  readonly region: string;
  readonly role: string;
  readonly accessKeyId: SecretPlace;
  readonly secretAccessKey: SecretPlace;
  readonly sessionToken: SecretPlace | undefined;
}

const IAM = 'https://iam.amazonaws.com/';
/** IAM is one for all regions; its signatures are those of this one. */
const REGION = 'us-east-1';

const roleName = parsed(
  'the name of a role',
  'write its name alone, without `arn:` and path',
  (written) => (/^[\w+=,.@-]{1,64}$/.test(written) ? written : undefined),
  { type: 'string', pattern: '^[A-Za-z0-9_+=,.@-]{1,64}$' },
);

const shape = mapped(
  object(
    {
      name: { shape: shortName, doc: 'Responses are recorded with it.' },
      role: { shape: roleName, doc: 'Whose sessions end.' },
      url: { shape: httpsUrl, doc: `Of IAM. Default ${IAM}.` },
      region: { shape: plainText('a region', 64), doc: `That IAM signs for. Default ${REGION}.` },
      accessKeyId: { shape: secret, doc: 'Of the agent, which may do iam:PutRolePolicy on that role.' },
      secretAccessKey: { shape: secret, doc: 'Of the agent.' },
      sessionToken: { shape: secret, doc: 'Of the agent, where its credentials are temporary.' },
      credentials: { shape: credentialPlaces, doc: 'What a container holds that has such a session.' },
      ...SERVER_FIELDS,
    },
    { required: ['name', 'role', 'accessKeyId', 'secretAccessKey', 'credentials'] },
  ),
  ({ value }): AwsSettings => ({
    ...{ name: value.name, role: value.role, url: value.url ?? IAM, region: value.region ?? REGION },
    ...{ accessKeyId: value.accessKeyId, secretAccessKey: value.secretAccessKey },
    ...{ sessionToken: value.sessionToken, credentials: value.credentials, ...serverOf(value) },
  }),
);

export const POLICY_NAME = 'RunwardRevokeOlderSessions';

/** Denies all to sessions of the role that began before now; those that begin later are as good as before. */
const policyOf = (nowMs: number): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Effect: 'Deny', Action: ['*'], Resource: ['*'] },
        Condition: { DateLessThan: { 'aws:TokenIssueTime': new Date(nowMs).toISOString() } },
      },
    ],
  });

const TYPE = 'application/x-www-form-urlencoded; charset=utf-8';

/** Sessions of a role end by a policy about when their tokens were issued; a single one cannot be ended. */
export const aws: RevokerType<AwsSettings> = {
  shape,
  once: true,
  revoke: async (settings, { value }, { nowMs }) => {
    const { name, role, url, region, accessKeyId, secretAccessKey, sessionToken } = settings;
    const keys = {
      accessKeyId: readSecret(accessKeyId),
      secretAccessKey: readSecret(secretAccessKey),
      sessionToken: sessionToken === undefined ? undefined : readSecret(sessionToken),
    };
    const body = new URLSearchParams({
      ...{ Action: 'PutRolePolicy', Version: '2010-05-08', RoleName: role, PolicyName: POLICY_NAME },
      PolicyDocument: policyOf(nowMs),
    }).toString();
    const target = new URL(url);
    const label = `the revoker \`${name}\``;
    const answer = await ask({ ...settings, label }, () => ({
      ...{ method: 'POST', url: target, body },
      headers: signedHeaders({ url: target, body, type: TYPE, nowMs: Date.now() }, keys, {
        region,
        service: 'iam',
      }),
    }));
    if (answer.status === 200) return 'revoked';
    const code = /<Code>([A-Za-z0-9.]{1,100})<\/Code>/.exec(answer.text)?.[1];
    throw refused(label, answer, code, [value, keys.secretAccessKey]);
  },
};
