/**
 * Standard output. Node's stream for it takes longer to load than a small snapshot to be asked, so what goes into a file or a
 * pipe is written at once, and the stream is for screens and for what is too long to stand in memory.
 */
import { fstatSync, writeSync } from 'node:fs';
import { EXIT } from './exit-codes.ts';
import { Problem } from './problem.ts';

/** Writes a text. Throws Problem where it can't be written; a reader who has seen enough (`| head`) is no error. */
export function print(text: string): void {
  if (!isPlain()) return void stdout().write(text);
  let rest: Buffer = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A full pipe that does not wait for its reader.
    if (code === 'EAGAIN') stdout().write(rest);
    else if (code !== 'EPIPE') throw unwritten(code);
  }
}

/** Whether it is a screen. */
export function isTerminal(): boolean {
  return !isPlain() && process.stdout.isTTY;
}

let isHeard = false;

/** The stream. */
export function stdout(): NodeJS.WriteStream {
  if (!isHeard) {
    isHeard = true;
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      // The reader has seen enough: the answer, and with it the exit code, stays what it is.
      if (error.code === 'EPIPE') return;
      process.stderr.write(`netaudit: ${unwritten(error.code).message}\n`);
      process.exitCode = EXIT.usage;
    });
  }
  return process.stdout;
}

/** A file, a pipe, a socket or the like of Linux's /dev/null: what takes bytes as they are. */
function isPlain(): boolean {
  try {
    const kind = fstatSync(1);
    const isMemory = process.platform === 'linux' && kind.isCharacterDevice() && kind.rdev >> 8 === MEMORY_DEVICES;
    return kind.isFile() || kind.isFIFO() || kind.isSocket() || isMemory;
  } catch {
    return false;
  }
}

/** https://www.kernel.org/doc/html/latest/admin-guide/devices.html */
const MEMORY_DEVICES = 1;

function unwritten(code = 'unknown error'): Problem {
  return new Problem(`standard output can't be written (${code}).`);
}
