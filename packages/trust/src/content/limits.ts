/** What is taken from a registry or a file. Whatever exceeds one of these is an error that names it. */
export const LIMITS = {
  /** As registries limit them (distribution specification). */
  manifestBytes: 4 * 1024 * 1024,
  /** A signature, a bundle, a statement: software bills of materials are the largest of them. */
  signatureBytes: 32 * 1024 * 1024,
  configBytes: 8 * 1024 * 1024,
  layerBytes: 64 * 1024 * 1024 * 1024,
  /** Signatures and attestations looked at for one image; anybody who may push can add some. */
  candidates: 64,
  /** Entries of an index, layers of an image. */
  entries: 1000,
} as const;
