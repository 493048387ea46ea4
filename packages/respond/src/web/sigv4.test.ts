import { expect, test } from 'vitest';
import { signedHeaders } from './sigv4.js';

test('a form is signed as AWS publishes it in its suite (post-x-www-form-urlencoded)', () => {
  const headers = signedHeaders(
    {
      url: new URL('https://example.amazonaws.com/'),
      body: 'Param1=value1',
      type: 'application/x-www-form-urlencoded',
      nowMs: Date.UTC(2015, 7, 30, 12, 36),
    },
    {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      sessionToken: undefined,
    },
    { region: 'us-east-1', service: 'service' },
  );
  expect(headers.authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  );
});
