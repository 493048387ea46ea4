import { autocompletion, type CompletionContext, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, lintKeymap, type Diagnostic as Mark, setDiagnostics } from '@codemirror/lint';
import { EditorState, type Text } from '@codemirror/state';
import { drawSelection, EditorView, hoverTooltip, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { Diagnostic } from '../api/types.js';
import { COMPLETIONS, FIELDS } from './rule-help.js';

interface EditorProps {
  readonly value: string;
  readonly change: (value: string) => void;
  readonly diagnostics: readonly Diagnostic[];
  readonly isFixed: boolean;
}

function complete(context: CompletionContext) {
  const word = context.matchBefore(/[\w.]+/);
  if (word === null || (word.from === word.to && !context.explicit)) return null;
  return { from: word.from, options: COMPLETIONS, validFor: /^[\w.]*$/ };
}

/** What the field under the pointer is. */
const fieldDocs = hoverTooltip((view, at) => {
  const { from, text } = view.state.doc.lineAt(at);
  for (const { 0: name, index } of text.matchAll(/[a-z]\w*(?:\.\w+)+/g)) {
    const field = FIELDS.find((each) => each.name === name);
    if (field === undefined || at < from + index || at > from + index + name.length) continue;
    return {
      pos: from + index,
      create: () => {
        const dom = document.createElement('div');
        dom.textContent = `${field.name} (${field.type}): ${field.doc}`;
        dom.style.cssText = 'padding: 4px 8px; max-width: 32rem';
        return { dom };
      },
    };
  }
  return null;
});

function offsetOf(text: Text, line: number, column: number): number {
  if (line < 1) return 0;
  if (line > text.lines) return text.length;
  const at = text.line(line);
  return Math.min(at.to, at.from + Math.max(0, column - 1));
}

const markOf =
  (text: Text) =>
  ({ severity, message, help, span }: Diagnostic): Mark => {
    const from = offsetOf(text, span.line, span.column);
    return {
      ...{ from, severity, message: help === '' ? message : `${message} — ${help}` },
      to: Math.max(from, offsetOf(text, span.endLine, span.endColumn)),
    };
  };

/** Without colours: what is read in light and dark. */
const highlight = HighlightStyle.define([
  { tag: tags.definition(tags.propertyName), fontWeight: '600' },
  { tag: tags.propertyName, fontWeight: '600' },
  { tag: tags.comment, color: 'var(--mantine-color-dimmed)', fontStyle: 'italic' },
]);

const look = EditorView.theme({
  '&': { fontSize: '13px', border: '1px solid var(--mantine-color-default-border)', height: '52vh' },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', overflow: 'auto' },
  '.cm-gutters': { background: 'var(--mantine-color-body)', color: 'var(--mantine-color-dimmed)' },
  '.cm-content': { caretColor: 'var(--mantine-color-text)' },
  '.cm-tooltip': { background: 'var(--mantine-color-body)', color: 'var(--mantine-color-text)' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
});

/** A text in YAML: Ctrl-Space completes, problems are marked where they are. Tab leaves it, as everywhere. */
export default function Editor({ value, change, diagnostics, isFixed }: EditorProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const changed = useRef(change);
  changed.current = change;
  const beginning = useRef(value);
  useEffect(() => {
    if (box.current === null) return undefined;
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: beginning.current,
        extensions: [
          ...[lineNumbers(), history(), drawSelection(), yaml(), lintGutter(), fieldDocs, look],
          syntaxHighlighting(highlight),
          autocompletion({ override: [complete] }),
          keymap.of([...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
          EditorView.contentAttributes.of({ 'aria-label': 'Text' }),
          EditorView.lineWrapping,
          EditorState.readOnly.of(isFixed),
          EditorView.updateListener.of(({ docChanged, state }) => {
            if (docChanged) changed.current(state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [isFixed]);
  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    const editor = view.current;
    if (editor !== undefined)
      editor.dispatch(setDiagnostics(editor.state, diagnostics.map(markOf(editor.state.doc))));
  }, [diagnostics]);
  return <div ref={box} />;
}
