import { createHash, createHmac } from 'node:crypto';
import type { Asked, Told } from './tls-server.js';

const NAMESPACE = 'https://iam.amazonaws.com/doc/2010-05-08/';
const error = (status: number, code: string): Told => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
});
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** `PutRolePolicy` of IAM's query API, as it is documented. Signatures are checked by what arrived, with code of its own. */
export class IamServer {
  /** `ROLE/POLICY` → document. */
  readonly policies = new Map<string, string>();

  constructor(
    private readonly keys: ReadonlyMap<string, string>,
    private readonly roles: ReadonlySet<string>,
    private readonly now: () => number = Date.now,
  ) {}

  readonly answer = (asked: Asked): Told => {
    const problem = this.#signatureProblem(asked);
    if (problem !== '') return error(403, problem);
    const form = new URLSearchParams(asked.body);
    if (form.get('Action') !== 'PutRolePolicy' || form.get('Version') !== '2010-05-08')
      return error(400, 'InvalidAction');
    const role = form.get('RoleName') ?? '';
    if (!this.roles.has(role)) return error(404, 'NoSuchEntity');
    this.policies.set(`${role}/${form.get('PolicyName')}`, form.get('PolicyDocument') ?? '');
    const body = `<PutRolePolicyResponse xmlns="${NAMESPACE}"><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PutRolePolicyResponse>`;
    return { status: 200, headers: { 'content-type': 'text/xml' }, body };
  };

  #signatureProblem({ method, path, headers, body }: Asked): string {
    const match =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
        String(headers.authorization),
      );
    if (match === null) return 'IncompleteSignature';
    const [, id = '', day = '', region = '', service = '', signed = '', signature] = match;
    const secret = this.keys.get(id);
    if (secret === undefined) return 'InvalidClientTokenId';
    const time = String(headers['x-amz-date']);
    const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    if (!(Math.abs(this.now() - at) < 900_000) || !time.startsWith(day)) return 'SignatureDoesNotMatch';
    const names = signed.split(';');
    if (!['host', 'x-amz-date'].every((name) => names.includes(name))) return 'SignatureDoesNotMatch';
    const lines = names
      .map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}\n`)
      .join('');
    const [target = '', query = ''] = path.split('?');
    const request = `${method}\n${target}\n${query}\n${lines}\n${signed}\n${hash(body)}`;
    const toSign = `AWS4-HMAC-SHA256\n${time}\n${day}/${region}/${service}/aws4_request\n${hash(request)}`;
    let key = createHmac('sha256', `AWS4${secret}`).update(day).digest();
    for (const part of [region, service, 'aws4_request'])
      key = createHmac('sha256', key).update(part).digest();
    return createHmac('sha256', key).update(toSign).digest('hex') === signature
      ? ''
      : 'SignatureDoesNotMatch';
  }
}
