/**
 * Agent: the node process. Wires sensor, identity and rules: a worker thread turns kernel events into
 * detections, this side asks the container runtimes and hands results on.
 *
 * @packageDocumentation
 */

export type { ContainerSummary, Detection, EventRecord, ProcessSummary } from '@runward/detect';
export { Agent, type AgentHandlers, type AgentOptions } from './agent.js';
export { AgentError, type AgentErrorCode } from './error.js';
export { EvidenceHost, type EvidenceHostOptions, type EvidenceSink } from './evidence/evidence-host.js';
export type { InterestReport, OpenReport, TypeReport } from './interest-report.js';
export type { Loss, SensorReport, WorkerMode } from './messages.js';
export type { RecordingReport, RecordingTarget } from './recording.js';
export type { ContainerReport } from './snapshot.js';
export type { VerdictRecord } from './verdict-desk.js';
