/**
 * Evidence: what is kept of what happened. Recordings: every record as the kernel sent it and every answer the
 * machine gave, in compressed blocks, so that each segment replays by itself, years later, on any machine. The log:
 * what was found, decided and done, in records that follow each other by their hashes and are signed, so that nobody
 * edits it unseen.
 *
 * @packageDocumentation
 */
export {
  BUNDLE_MANIFEST,
  BUNDLE_SIGNATURE,
  type BundleFile,
  type BundleManifest,
  type BundleSignature,
} from './bundle/manifest.js';
export { type BundleReport, verifyBundle } from './bundle/verify-bundle.js';
export { type BundleHead, type BundlePart, PartChanged, writeBundle } from './bundle/write-bundle.js';
export { EvidenceError, type EvidenceErrorCode } from './error.js';
export { Rfc3161Authority, type Stamp, type TimeAuthority } from './log/anchor/authority.js';
export { asCheckpoint, type Checkpoint, type PrunedTotal } from './log/bodies.js';
export { canonical, NotCanonical } from './log/canonical.js';
export { EvidenceLog, type LogStatus } from './log/evidence-log.js';
export { FolderDisk } from './log/folder-disk.js';
export type { KeyPlace, KeySealer } from './log/key-sealer.js';
export { publicPem, readPublicKey } from './log/keys.js';
export type {
  AnchorBody,
  ControlChangeBody,
  DetectionBody,
  EvidenceKind,
  EvidenceKinds,
  EvidenceWho,
  FileDigest,
  GapBody,
  IncidentBody,
  NodeTrustBody,
  ResponseBody,
} from './log/kinds.js';
export { type FolderOptions, type HeldLog, noLogIn, notWritten, openEvidence } from './log/open-folder.js';
export { DEFAULT_LIMITS, type LogLimits, type LogOptions, type LogState } from './log/options.js';
export { makeProof } from './log/proof/make-proof.js';
export { MOST_PROOF_BYTES, type Proof, readProof } from './log/proof/proof.js';
export { type Proven, verifyProof } from './log/proof/verify-proof.js';
export type { Receipt } from './log/queue.js';
export { type RecordFilter, recordFilter } from './log/read/filter.js';
export { followRecords } from './log/read/follow.js';
export { type Found, type ReadBounds, readRecords } from './log/read/reader.js';
export type { EvidenceRecord } from './log/record.js';
export { CHECKPOINT_FILE } from './log/segment.js';
export type { EvidenceDiagnosticCode, Finding } from './log/verify/finding.js';
export { type VerifyOptions, type VerifyReport, verifyLog } from './log/verify/verify-log.js';
export * from './recording/answers.js';
export type { BlockHeader } from './recording/block.js';
export { Misfit, parse } from './recording/codec.js';
export { accountData } from './recording/facts.js';
export { type FlightBounds, FlightFolder } from './recording/flight-folder.js';
export {
  FRAME_HEAD_BYTES,
  FrameKind,
  padded,
  RECORD_DISCARDED,
  RECORD_HEAD_BYTES,
  RECORD_LENGTH,
} from './recording/frame.js';
export {
  currentEventTypes,
  FORMAT_VERSION,
  layoutName,
  type RecordingScope,
  type SegmentHeader,
} from './recording/header.js';
export { type RawBlock, Recorder, type RecorderOptions, type RecorderStats } from './recording/recorder.js';
export {
  type BlockPlace,
  type DamagedPart,
  isRecording,
  RecordingFile,
} from './recording/recording-file.js';
export {
  type RecordingHeader,
  RecordingWriter,
  type RecordingWriterOptions,
  type SegmentPlace,
  type WriterProgress,
} from './recording/recording-writer.js';
export { TableReader } from './recording/tables.js';
