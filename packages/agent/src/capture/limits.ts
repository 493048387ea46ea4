/** What a capture may take. What exceeds it is left out and said in the file it would be in. */
export const CAPTURE_LIMITS = {
  processes: 4096,
  /** Characters of what is told of all processes together, and of all their maps: a container chooses how long that is. */
  processText: 64 * 1024 ** 2,
  mapText: 64 * 1024 ** 2,
  descriptors: 4096,
  maps: 8192,
  names: 1024,
  arguments: 256,
  argumentCharacters: 4096,
  changes: 50_000,
  changeText: 16 * 1024 ** 2,
  /** Bytes hashed of the upper layer altogether, and of one file. */
  hashedBytes: 2 * 1024 ** 3,
  hashedFile: 512 * 1024 ** 2,
  sockets: 50_000,
  /** Bytes of recordings of the flight recorder. */
  recordings: 64 * 1024 ** 2,
  memory: 256 * 1024 ** 2,
  mostMemory: 16 * 1024 ** 3,
} as const;
