export { type BackupOrder, type BackupSource, backUp } from './backup.js';
export type { ListedFile, Manifest } from './manifest.js';
export { type RestoreOrder, restore } from './restore.js';
