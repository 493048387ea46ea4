/**
 * Receivers that take what outputs send, by the documents of their protocols, and can be away.
 *
 * @packageDocumentation
 */
export { KafkaBroker, type KafkaBrokerOptions, type KafkaRecord } from './kafka-broker.js';
export { decodeLogs, OtlpReceiver } from './otlp-receiver.js';
