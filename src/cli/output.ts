/** Where results go: the first --format to standard output unless it has an --output file, the others each to theirs. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { Problem } from './problem.ts';
import { isTerminal, print, stdout } from './stdout.ts';

export interface OutputOptions {
  readonly format: readonly string[];
  readonly output: readonly string[];
}

/** Writes each asked-for format. Throws Problem before it writes anything that can't be meant. */
export function write(options: OutputOptions, renderers: Readonly<Record<string, () => string>>): void {
  for (const { render, file } of planned(options, renderers))
    if (file === undefined) print(render());
    else inFile(file, () => writeFileSync(file, render()));
}

/** The same for results that are too long to stand in memory as one text. */
export async function writeParts(
  options: OutputOptions,
  renderers: Readonly<Record<string, () => Iterable<string>>>,
): Promise<void> {
  for (const { render, file } of planned(options, renderers))
    if (file === undefined) {
      for (const part of lumps(render())) if (!(await isTaken(part))) break;
    } else
      inFile(file, () => {
        const opened = openSync(file, 'w');
        // All of it: where a disk runs full, a single write takes what there is room for and says nothing.
        for (const part of lumps(render())) writeFileSync(opened, part);
        closeSync(opened);
      });
}

/** Whether standard output took a text, once it has. What went wrong there the stream itself says. */
function isTaken(text: string): Promise<boolean> {
  return new Promise((resolve) => stdout().write(text, (error) => resolve(error === null || error === undefined)));
}

const LUMP = 1 << 20;

function* lumps(parts: Iterable<string>): Generator<string> {
  let lump = '';
  for (const part of parts) {
    lump += part;
    if (lump.length < LUMP) continue;
    yield lump;
    lump = '';
  }
  if (lump !== '') yield lump;
}

function inFile(file: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw new Problem(
      `${file} can't be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}). Check the path given with --output.`,
    );
  }
}

/** What is rendered where; undefined is standard output. */
function planned<T>(
  options: OutputOptions,
  renderers: Readonly<Record<string, () => T>>,
): { render: () => T; file: string | undefined }[] {
  const formats = options.format.length === 0 ? ['text'] : options.format;
  const toStdout = formats.length - options.output.length;
  if (toStdout < 0) throw new Problem('there are more --output files than formats. Name a --format for each.');
  if (toStdout > 1)
    throw new Problem(
      `${formats.length} formats need ${formats.length - 1} --output FILEs: only one goes to standard output.`,
    );
  return formats.map((format, i) => {
    const render = Object.hasOwn(renderers, format) ? renderers[format] : undefined;
    if (render === undefined)
      throw new Problem(
        `"${format}" is not a format of this command. Choose from ${Object.keys(renderers).join(', ')}.`,
      );
    const file = options.output[i - toStdout];
    return { render, file: file === '-' ? undefined : file };
  });
}

/** Colour only for a person: not with --no-color, NO_COLOR or in CI; FORCE_COLOR asks for it anywhere. */
export function wantsColour(options: { readonly color?: boolean }): boolean {
  if (options.color === false) return false;
  const { NO_COLOR, FORCE_COLOR, CI } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return true;
  return CI === undefined && isTerminal();
}

/** Whether ✓ and → can be shown: by the locale, and on Windows by the terminal. */
export function wantsUnicode(): boolean {
  const { LC_ALL, LC_CTYPE, LANG, TERM, WT_SESSION } = process.env;
  if (process.platform === 'win32') return WT_SESSION !== undefined;
  // The first one that is set counts. A file or pipe gets the same as the screen.
  return TERM !== 'linux' && /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}
