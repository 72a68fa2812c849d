/** netaudit explain [CODE]: codes of answers and of the policies that come along. */
import { nearest } from '../../engine/nearest.ts';
import { type CodeInfo, type Policy, allCodes, explain } from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { type OutputOptions, write } from '../output.ts';
import { recommendedCodes, shippedPolicies } from '../policies.ts';
import { Problem } from '../problem.ts';

export function explainCommand(code: string | undefined, options: OutputOptions): number {
  const policies = shippedPolicies().map(policyInfo);
  const all: Info[] = [...allCodes(), ...policies].sort((a, b) => (a.code < b.code ? -1 : 1));
  const infos =
    code === undefined ? all : [...explain(code), ...policies.filter((one) => one.code === code.toLowerCase())];
  if (code !== undefined && infos.length === 0) {
    const near = nearest(
      code,
      all.map((info) => info.code),
    );
    throw new Problem(
      `"${code.slice(0, 100)}" is not a code of netaudit. ${near.length === 0 ? 'netaudit explain lists all of them.' : `Did you mean ${near.join(', ')}?`}`,
    );
  }
  write(options, {
    text: () =>
      code === undefined
        ? `${infos.map((info) => `${info.code.padEnd(36)} ${info.kind.padEnd(10)} ${info.title}`).join('\n')}\n`
        : `${infos.map((info) => infoLines(info).join('\n')).join('\n\n')}\n`,
    json: () => `${JSON.stringify(code !== undefined && infos.length === 1 ? infos[0] : infos, null, 2)}\n`,
  });
  return EXIT.ok;
}

/** What is told of a code; of a policy, all its pages. */
type Info = CodeInfo & { readonly links?: readonly string[] };

function policyInfo({ code, severity, title, why, fix, links, benchmarks }: Policy): Info {
  return { code, kind: 'policy', severity, title, why, fix, source: links[0] ?? '', links, benchmarks };
}

function infoLines(info: Info): string[] {
  const { code, kind, severity, title, why, fix, source, links = [source], aliases = [], benchmarks = [] } = info;
  const isOn = kind === 'policy' && recommendedCodes().includes(code);
  return [
    `${code} (${kind}, ${severity}${isOn ? ', recommended' : ''})`,
    title,
    '',
    `Why: ${why}`,
    `Mend: ${fix}`,
    `${links.length > 1 ? 'Sources' : 'Source'}: ${links.join(', ')}`,
    ...(aliases.length === 0 ? [] : [`Also known as: ${aliases.join(', ')}`]),
    ...(benchmarks.length === 0 ? [] : [`Benchmarks: ${benchmarks.join('; ')}`]),
  ];
}
