import { readBoundedFile } from './bounded-file.js';
import { parseJson } from './json.js';

/**
 * The JSON in a file, or undefined when there is none.
 *
 * @throws RuntimesError `RUNTIME_FILE_UNREADABLE`, `RUNTIME_ANSWER_TOO_LARGE`, `RUNTIME_ANSWER_MALFORMED`
 */
export async function readJsonFile(path: string): Promise<unknown> {
  const content = await readBoundedFile(path);
  return content === undefined ? undefined : parseJson(content, path);
}
