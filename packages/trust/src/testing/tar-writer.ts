import type { TestFile } from './test-image.js';

/** A tar file of some files, as `tar` writes it. */
export function tarOf(files: Readonly<Record<string, string | TestFile>>): Buffer {
  const parts = Object.entries(files).flatMap(([path, file]) => {
    const { text, mode = 0o644 } = typeof file === 'string' ? { text: file } : file;
    const content = Buffer.from(text);
    return [header(path, content.length, mode), content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function header(path: string, size: number, mode: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  block.write(path, 0, 100);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\u000000', 257);
  block.write(
    `${octal(
      block.reduce((a, b) => a + b, 0),
      6,
    )}\u0000 `,
    148,
  );
  return block;
}
