import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDiagnostic } from '@runward/core';
import type { BundleDocument, DocumentStanding } from '@runward/protocol';
import { fileOf, standing } from './judged-together.js';

/** Where drills of the server are, for `runward drill run --drills`. */
export const drillFolder = (state: string): string => join(state, 'server', 'drills');

/** Puts drills where whoever runs them finds them, and takes away those that are not named any more. */
export async function keepDrills(
  state: string,
  documents: readonly BundleDocument[],
): Promise<readonly DocumentStanding[]> {
  const folder = drillFolder(state);
  if (documents.length === 0) {
    rmSync(folder, { recursive: true, force: true });
    return [];
  }
  const { readScenarios } = await import('@runward/drill');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const standings = documents.map((document) => {
    const [problem] = readScenarios([fileOf(document)]).diagnostics;
    if (problem !== undefined) return standing(document, formatDiagnostic(problem));
    const path = join(folder, fileName(document));
    writeFileSync(`${path}.part`, document.text, { mode: 0o600 });
    renameSync(`${path}.part`, path);
    return standing(document);
  });
  const wanted = new Set(documents.map(fileName));
  for (const name of readdirSync(folder)) if (!wanted.has(name)) rmSync(join(folder, name), { force: true });
  return standings;
}

/** Names of documents are such that they can be names of files. */
const fileName = ({ name }: BundleDocument): string => `${name}.yaml`;
