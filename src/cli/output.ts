/** Where results go: one --format to stdout, more of them each to its own --output file. */
import { writeFileSync } from 'node:fs';
import { Problem } from './problem.ts';

export interface OutputOptions {
  readonly format: readonly string[];
  readonly output: readonly string[];
}

/** Writes each asked-for format; formats are made on demand. */
export function write(options: OutputOptions, renderers: Readonly<Record<string, () => string>>): void {
  const formats = options.format.length === 0 ? ['text'] : options.format;
  for (const [i, format] of formats.entries()) {
    const render = Object.hasOwn(renderers, format) ? renderers[format] : undefined;
    if (render === undefined)
      throw new Problem(
        `"${format}" is not a format of this command. Choose from ${Object.keys(renderers).join(', ')}.`,
      );
    const file = options.output[i];
    if (file === undefined && i > 0) throw new Problem('several formats need an --output FILE each.');
    if (file === undefined) process.stdout.write(render());
    else
      try {
        writeFileSync(file, render());
      } catch (error) {
        throw new Problem(
          `${file} can't be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}). Check the path given with --output.`,
        );
      }
  }
}

export function wantsColour(): boolean {
  const { NO_COLOR, FORCE_COLOR, CI } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return true;
  return process.stdout.isTTY && CI === undefined;
}
