import type { Detection } from '../detection.js';

export type DetectionKey = string;

/** Detections are identical when rule, container and output are: the output names what the rule is about. */
export const identityOf = ({ rule, container, output }: Detection): DetectionKey =>
  `${rule}\0${container?.id ?? ''}\0${output}`;
