/**
 * Bytes to text: tells gzip and zstandard by their magic bytes, decompresses within a bound, and decodes UTF-8 or
 * UTF-16. Knows nothing of JSON.
 */
import { isUtf8 } from 'node:buffer';
import { SnapshotError } from './documents.ts';

export interface Content {
  readonly text: string;
  /** The uncompressed bytes, for the content hash. */
  readonly bytes: Uint8Array;
  /** Some bytes are not UTF-8 and were replaced. */
  readonly mended: boolean;
}

/** The text of a file, or undefined when it is binary. Throws SnapshotError for what is broken or too large. */
export function contentOf(file: string, stored: Buffer, maxBytes: number): Content | undefined {
  const bytes = decompressed(file, stored, maxBytes);
  if (bytes.length > maxBytes) throw tooLarge(file, maxBytes);
  const encoding = encodingOf(bytes);
  if (encoding === 'binary') return undefined;
  if (encoding !== 'utf-8') return { text: new TextDecoder(encoding).decode(bytes), bytes, mended: false };
  const from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  return { text: bytes.toString('utf8', from), bytes, mended: !isUtf8(bytes) };
}

/** What a file above the limit leads to, compressed or not. */
export function tooLarge(file: string, maxBytes: number): SnapshotError {
  const size = maxBytes >= 1 << 20 ? `${Math.round(maxBytes / (1 << 20))} MiB` : `${maxBytes} bytes`;
  return new SnapshotError({
    file,
    what: `is larger than ${size} (uncompressed), the most that one file may hold`,
    hint: 'Split it, for example by region or by page (--max-items), into several files of the snapshot folder',
  });
}

function decompressed(file: string, stored: Buffer, maxBytes: number): Buffer {
  const gzip = stored[0] === 0x1f && stored[1] === 0x8b;
  const zstd = stored.length >= 4 && stored.readUInt32LE(0) === 0xfd2fb528;
  if (!gzip && !zstd) return stored;
  try {
    // Loaded when a file needs it: most snapshots are plain JSON, and a question should start at once.
    const { gunzipSync, zstdDecompressSync } = process.getBuiltinModule('node:zlib');
    return gzip
      ? gunzipSync(stored, { maxOutputLength: maxBytes })
      : zstdDecompressSync(stored, { maxOutputLength: maxBytes });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(file, maxBytes);
    throw new SnapshotError({
      file,
      what: `is ${gzip ? 'gzip' : 'zstandard'} that does not decompress (damaged or cut off)`,
      hint: 'Copy or compress the file again, or take it out of the snapshot',
    });
  }
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'binary';

function encodingOf(bytes: Buffer): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes.length >= 2 && bytes[1] === 0 && isBracket(bytes[0])) return 'utf-16le';
  if (bytes.length >= 2 && bytes[0] === 0 && isBracket(bytes[1])) return 'utf-16be';
  return bytes.subarray(0, 1024).includes(0) ? 'binary' : 'utf-8';
}

function isBracket(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b;
}
