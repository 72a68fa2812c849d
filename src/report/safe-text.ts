/**
 * Names come from strangers: control characters, terminal escapes, direction overrides and invisible characters are shown
 * as what they are, so that a name can't repaint the screen, hide a word or look like another name.
 */

// C0 and C1 controls; soft hyphen; marks, embeddings, overrides and isolates of writing direction; zero-width characters;
// line separators; byte order mark; interlinear annotations; tag characters (always as a pair of surrogates).
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** One line of text that says what it holds: each odd character as \\uXXXX. */
export function safe(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** JSON with the same characters escaped; its value stays the same. */
export function safeJson(value: unknown, indent = 2): string {
  // What JSON.stringify leaves unescaped of these stands inside strings, except its own line ends.
  return JSON.stringify(value, null, indent).replace(UNSAFE, (found) => (found === '\n' ? found : escaped(found)));
}

function escaped(found: string): string {
  return Array.from({ length: found.length }, (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
    '',
  );
}
