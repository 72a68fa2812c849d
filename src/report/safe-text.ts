/**
 * Names come from strangers: control characters, terminal escapes and direction overrides are shown as what they are, so
 * that a name can't repaint the screen or hide a word.
 */

// C0 and C1 controls, line separators, bidirectional marks, embeddings, overrides and isolates, byte order mark.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

export function safe(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
