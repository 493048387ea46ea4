/** TPM_RC (Part 2, 6.6): which error it is, without which handle, session or parameter it is about. */
export function baseOf(code: number): number {
  const isOfFormatOne = (code & 0x80) !== 0;
  return isOfFormatOne ? code & 0xbf : code & 0x97f;
}

export const RC = {
  retry: 0x922,
  yielded: 0x908,
  testing: 0x90a,
  lockout: 0x921,
  integrity: 0x9f,
  hash: 0x83,
  handle: 0x8b,
  authFail: 0x8e,
  badAuth: 0xa2,
  policyFail: 0x9d,
  value: 0x84,
  size: 0x95,
} as const;

const WORDS: Readonly<Record<number, string>> = {
  [RC.lockout]: 'it is locked, since wrong passwords were given too often',
  [RC.integrity]: 'what it is to load was made by another TPM, or changed',
  [RC.authFail]: 'its hierarchy has a password',
  [RC.badAuth]: 'its hierarchy has a password',
  [RC.handle]: 'there is no such handle',
  [RC.policyFail]: 'the policy of the key is not met',
  [RC.value]: 'a value is not supported',
  [RC.hash]: 'the hash algorithm is not supported',
};

/** As people are told it. */
export function responseText(code: number): string {
  const words = WORDS[baseOf(code)];
  return `${words === undefined ? '' : `${words} `}(response code 0x${code.toString(16)})`;
}
