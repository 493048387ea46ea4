export type { Exported } from './exported.js';
export {
  ARCHITECTURES,
  type Architecture,
  type ExportSubject,
  exportSubject,
  type SubjectOptions,
} from './subject.js';
