/**
 * The digest of a snapshot's contents, whatever the files' names and order. Worked out when somebody asks for it: loading
 * the hash functions takes longer than answering a question about a small snapshot, and few answers print a digest.
 */

/** Up to this many bytes wait unhashed; more are hashed at once, so that no large file is kept for its digest. */
const MOST_WAITING = 4 << 20;

export class ContentDigest {
  private readonly hashes: string[] = [];
  private waiting: Uint8Array[] = [];
  private later: ((piece: (bytes: Uint8Array) => void) => void)[] = [];
  private bytes = 0;
  /** How many contents were added. */
  count = 0;

  /** A content that can be read again, and is only if somebody asks for the digest. */
  addLater(read: (piece: (bytes: Uint8Array) => void) => void): void {
    this.count++;
    this.later.push(read);
  }

  add(content: Uint8Array): void {
    this.count++;
    this.waiting.push(content);
    this.bytes += content.length;
    if (this.bytes > MOST_WAITING) this.hashWaiting();
  }

  /** sha256, hex, over the sorted sha256 of all contents. */
  value(): string {
    this.hashWaiting();
    for (const read of this.later) this.hashes.push(sha256Of(read));
    this.later = [];
    return sha256([...this.hashes].sort().join('\n'));
  }

  private hashWaiting(): void {
    for (const content of this.waiting) this.hashes.push(sha256(content));
    this.waiting = [];
    this.bytes = 0;
  }
}

function sha256(content: Uint8Array | string): string {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(content).digest('hex');
}

function sha256Of(read: (piece: (bytes: Uint8Array) => void) => void): string {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
  read((bytes) => void hash.update(bytes));
  return hash.digest('hex');
}
