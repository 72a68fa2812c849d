import { describe, expect, test } from 'vitest';
import { safe, safeJson } from '../../src/report/safe-text.ts';

const HOSTILE = {
  'clear screen': '\u001b[2J',
  'a title by OSC': '\u001b]0;root\u0007',
  'C1 CSI': '\u009b31m',
  'C1 NEL': '\u0085',
  'line end': 'a\nb',
  'carriage return': 'safe\rREACHABLE',
  'delete and backspace': '\u007f\b',
  'right-to-left override': '\u202egnp.exe',
  isolates: '\u2066x\u2069',
  'Arabic letter mark': '\u061c',
  'zero width': 'we\u200bb\u2060\ufeff',
  'soft hyphen': 'we\u00adb',
  'line separator': '\u2028',
  'tag characters': '\u{e0041}\u{e0042}',
  'a lone surrogate': '\ud800',
};
// eslint-disable-next-line no-control-regex
const ODD = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\udb40/;

describe('names from strangers', () => {
  test.each(Object.entries(HOSTILE))('%s is shown as what it is', (_, text) => {
    expect(safe(`a${text}b`)).not.toMatch(ODD);
    expect(safe(`a${text}b`)).toContain('\\u');
  });

  test('every other text stays what it is', () => {
    for (const text of ['web-1', 'Straße 日本語 Привет', 'عربى', '👍🏽 😀', '<b>*x*</b>', String.raw`C:\u0041`])
      expect(safe(text)).toBe(text);
  });

  test.each(Object.entries(HOSTILE))('%s keeps its value in JSON', (_, text) => {
    const printed = safeJson({ [text]: [text] });
    expect(printed.replaceAll('\n', '')).not.toMatch(ODD);
    expect(JSON.parse(printed)).toEqual({ [text]: [text] });
  });
});
