import { Document, isMap, isScalar, isSeq, type Node, YAMLMap, YAMLSeq } from 'yaml';
import { commentLines } from './reasons.js';

/** A value of a document, with why it is there. */
export class Commented {
  constructor(
    readonly value: unknown,
    readonly comment: string,
  ) {}
}

/** The value, and above it in the text why it is there. */
export const because = (value: unknown, comment: string): Commented => new Commented(value, comment);

/** YAML of a value in which anything may be {@link Commented}. `header`: paragraphs above the document. */
export function commentedYaml(value: unknown, header: readonly string[]): string {
  const document = new Document();
  document.contents = nodeOf(document, value);
  const head = header.flatMap((paragraph) => commentLines(paragraph, '#')).join('\n');
  return `${head}\n${document.toString({ lineWidth: 0 })}`;
}

function nodeOf(document: Document, value: unknown): Node {
  if (value instanceof Commented) {
    const node = nodeOf(document, value.value);
    setComment(node, value.comment);
    return node;
  }
  if (Array.isArray(value)) {
    const list = new YAMLSeq<Node>(document.schema);
    for (const item of value) list.items.push(nodeOf(document, item));
    list.flow = list.items.length === 0;
    return list;
  }
  if (typeof value === 'object' && value !== null) {
    const map = new YAMLMap<Node, Node>(document.schema);
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const commented = item instanceof Commented;
      const keyNode = document.createNode(key);
      // Above the key: a comment before the value of a mapping would come between the two.
      if (commented) setComment(keyNode, item.comment);
      map.items.push(document.createPair(keyNode, nodeOf(document, commented ? item.value : item)));
    }
    map.flow = map.items.length === 0;
    return map;
  }
  return document.createNode(value);
}

function setComment(node: Node, comment: string): void {
  if (!isMap(node) && !isSeq(node) && !isScalar(node)) return;
  node.commentBefore = commentLines(comment, '').join('\n');
}
