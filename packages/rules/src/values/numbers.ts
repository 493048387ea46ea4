/** A number of the language: decimal, hexadecimal or with a fraction; bigint where 2^53 is exceeded. */
export function parseNumber(text: string): number | bigint | undefined {
  if (/^[+-]?\d+$/.test(text) || /^0[xX][0-9a-fA-F]+$/.test(text)) {
    const value = Number(text);
    if (Number.isSafeInteger(value)) return value;
    const digits = text.replace(/^[+-]/, '');
    return digits.length > 40 ? value : text.startsWith('-') ? -BigInt(digits) : BigInt(digits);
  }
  return /^[+-]?\d+\.?\d*(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

export function parseBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (word === 'true' || word === '1' || word === 'yes') return true;
  return word === 'false' || word === '0' || word === 'no' ? false : undefined;
}
