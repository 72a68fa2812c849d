/** netaudit explain [CODE] */
import { nearest } from '../../engine/nearest.ts';
import { allCodes, explain } from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { type OutputOptions, write } from '../output.ts';
import { Problem } from '../problem.ts';

export function explainCommand(code: string | undefined, options: OutputOptions): number {
  const infos = code === undefined ? allCodes() : explain(code);
  if (code !== undefined && infos.length === 0) {
    const near = nearest(
      code,
      allCodes().map((info) => info.code),
    );
    throw new Problem(
      `"${code.slice(0, 100)}" is not a code of netaudit. ${near.length === 0 ? 'netaudit explain lists all of them.' : `Did you mean ${near.join(', ')}?`}`,
    );
  }
  write(options, {
    text: () =>
      code === undefined
        ? `${infos.map((info) => `${info.code.padEnd(36)} ${info.kind.padEnd(10)} ${info.title}`).join('\n')}\n`
        : `${infos.map((info) => [`${info.code} (${info.kind}, ${info.severity})`, info.title, '', `Why: ${info.why}`, `Mend: ${info.fix}`, `Source: ${info.source}`, ...(info.aliases === undefined || info.aliases.length === 0 ? [] : [`Also known as: ${info.aliases.join(', ')}`])].join('\n')).join('\n\n')}\n`,
    json: () => `${JSON.stringify(code !== undefined && infos.length === 1 ? infos[0] : infos, null, 2)}\n`,
  });
  return EXIT.ok;
}
