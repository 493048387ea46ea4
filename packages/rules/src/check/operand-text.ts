import { Scanner, SyntaxProblem } from '../lex/scanner.js';
import { parseOperand } from '../parse/check-parser.js';
import type { Operand } from '../resolve/expression.js';
import { Lists } from '../resolve/lists.js';
import type { FieldTable } from './field-lookup.js';
import { OperandResolver } from './operands.js';
import type { Problem } from './problem.js';

/** A field (or a transformer of one) that stands alone in a text; undefined after a problem. */
export function operandOf(
  text: string,
  table: FieldTable,
  onProblem: (problem: Pick<Problem, 'code' | 'message' | 'help'>) => void,
): Operand | undefined {
  const scanner = new Scanner(text);
  try {
    const syntax = parseOperand(scanner);
    if (!scanner.atEnd) {
      const message = `\`${text}\` is more than a field`;
      onProblem({ code: 'RULE_CONDITION_SYNTAX', message, help: 'write one field, such as `fd.rport`' });
      return undefined;
    }
    return new OperandResolver(table, new Lists(new Map()), (problem) => {
      onProblem(problem);
      return undefined;
    }).resolve(syntax);
  } catch (cause) {
    if (!(cause instanceof SyntaxProblem)) throw cause;
    onProblem({ code: 'RULE_CONDITION_SYNTAX', message: cause.message, help: cause.help });
    return undefined;
  }
}
