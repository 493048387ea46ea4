/**
 * Detect: rules applied to events. One event goes in, detections come out: plain data that says which rule
 * matched, who acted and where. Live events and recorded ones take the same way. Pure: no I/O.
 *
 * @packageDocumentation
 */
export {
  type ContainerSummary,
  type Detection,
  describeDetection,
  formatTime,
  type ProcessSummary,
  summarizeAncestors,
  summarizeContainer,
  summarizeProcess,
} from './detection.js';
export { Detector, type DetectorOptions } from './detector.js';
