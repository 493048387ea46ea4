/** Carries one command at a time to a TPM and its response back. */
export interface Transport {
  /** @throws TpmError TPM_UNAVAILABLE */
  exchange(command: Buffer): Promise<Buffer>;
  close(): Promise<void>;
}

export const MOST_RESPONSE_BYTES = 8192;
