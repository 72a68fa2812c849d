/** Names of files and folders out of what an API answered. Whatever it says, the name stays inside its folder. */
import { createHash } from 'node:crypto';

const LONGEST = 96;
/** Device names of Windows, with any extension. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** One path segment: letters, digits, dot, dash, underscore. What had to be changed is told apart by a hash of the original. */
export function segmentOf(text: string): string {
  const plain = text
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/\.{2,}/g, '_')
    .replace(/^[.-]+/, '_');
  if (plain === text && plain !== '' && plain.length <= LONGEST && !RESERVED.test(plain) && !plain.endsWith('.'))
    return plain;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 10);
  const free = RESERVED.test(plain) ? `_${plain}` : plain;
  return `${free.slice(0, LONGEST).replace(/\.+$/, '')}~${hash}`;
}
