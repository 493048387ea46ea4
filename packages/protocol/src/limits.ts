/** What neither side accepts more of. */
export const LIMITS = {
  /** A batch as it travels. */
  batchBytes: 4 * 1024 * 1024,
  /** A batch when it is unpacked: a few bytes must not become memory without end. */
  unpackedBytes: 16 * 1024 * 1024,
  batchRecords: 4096,
  /** One record; larger ones are not sent but counted as lost. */
  recordBytes: 1024 * 1024,
  /** Requests that are no batch, and commands. */
  messageBytes: 64 * 1024,
  /** The answer to a command. */
  answerBytes: 1024 * 1024,
  /** Of one document, and how many a node holds. */
  documentCharacters: 512 * 1024,
  bundleDocuments: 500,
  /** All documents of a node, signed. */
  bundleBytes: 24 * 1024 * 1024,
  /** What became of them there. */
  standingBytes: 4 * 1024 * 1024,
  /** What a node proves of itself, with the logs that were measured: as it travels, and unpacked. */
  attestationBytes: 8 * 1024 * 1024,
  attestationUnpackedBytes: 24 * 1024 * 1024,
} as const;
