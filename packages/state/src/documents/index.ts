/** Documents in a folder, and the lock of who writes them; nothing of policies is loaded with it. */
export { holdLock } from '../files/folder-lock.js';
export { DocumentFolder, type StoredDocument } from './document-folder.js';
