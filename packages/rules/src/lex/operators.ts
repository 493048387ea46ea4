/** Comparison operators, by what they take on the right. */
export const OPERATORS = {
  exists: 'nothing',
  '<': 'number',
  '<=': 'number',
  '>': 'number',
  '>=': 'number',
  '=': 'text',
  '==': 'text',
  '!=': 'text',
  glob: 'text',
  iglob: 'text',
  contains: 'text',
  icontains: 'text',
  bcontains: 'text',
  startswith: 'text',
  bstartswith: 'text',
  endswith: 'text',
  regex: 'text',
  in: 'list',
  intersects: 'list',
  pmatch: 'list',
} as const satisfies Record<string, 'nothing' | 'number' | 'text' | 'list'>;

export type OperatorWord = keyof typeof OPERATORS;
/** After parsing `==` is `=`. */
export type Operator = Exclude<OperatorWord, '=='>;

export const isOperatorWord = (word: string): word is OperatorWord => Object.hasOwn(OPERATORS, word);

/** `field startswith anyof (a, b)`: the operator applied to each value, and how the results combine. */
export const MODIFIERS = ['oneof', 'anyof', 'allof'] as const;
export type Modifier = (typeof MODIFIERS)[number];

export const TRANSFORMERS = [
  'tolower',
  'toupper',
  'b64',
  'basename',
  'len',
  'join',
  'concat',
  'getopt',
] as const;
export type Transformer = (typeof TRANSFORMERS)[number];
export const isTransformer = (word: string): word is Transformer =>
  (TRANSFORMERS as readonly string[]).includes(word);
