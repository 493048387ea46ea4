import { type FileHandle, open } from 'node:fs/promises';
import { MOST_RESPONSE_BYTES, type Transport } from './transport.js';

/**
 * `/dev/tpmrm0`: one write is a command, one read its response. Behind it the kernel swaps what processes hold in the TPM, and
 * forgets it when the file is closed.
 */
export class DeviceTransport implements Transport {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<DeviceTransport> {
    return new DeviceTransport(await open(path, 'r+'));
  }

  async exchange(command: Buffer): Promise<Buffer> {
    await this.#file.write(command, 0, command.length, null);
    const response = Buffer.alloc(MOST_RESPONSE_BYTES);
    const { bytesRead } = await this.#file.read(response, 0, response.length, null);
    return response.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
