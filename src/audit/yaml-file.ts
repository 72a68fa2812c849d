/** A YAML file that somebody wrote by hand, checked: every complaint names the file, the line and the column. */
import { LineCounter, type Node, isMap, parseDocument } from 'yaml';
import type { z } from 'zod';

/** The file is no good; the message says where and why. */
export class PolicyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PolicyError';
  }
}

/** A checked file, and where its parts stand. */
export interface CheckedFile<T> {
  readonly value: T;
  /** Line and column, from 1, of the part at a path; of the nearest part above it where it is absent. */
  readonly at: (path: readonly (string | number)[]) => { readonly line: number; readonly column: number };
}

/** Reads text as YAML and checks it. Throws PolicyError. */
export function checkedYaml<S extends z.ZodType>(text: string, file: string, schema: S): CheckedFile<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent', prettyErrors: false });
  const fail = (offset: number, what: string): PolicyError => {
    const { line, col } = lines.linePos(offset);
    return new PolicyError(`${file}:${line}:${col}: ${what}`);
  };
  const broken = document.errors[0];
  if (broken !== undefined)
    throw fail(broken.pos[0], `this is not valid YAML (${broken.code.toLowerCase().replaceAll('_', ' ')}).`);
  const offsetOf = (path: readonly (string | number)[]): number => {
    for (let length = path.length; length > 0; length--) {
      const above = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
      const name = path[length - 1];
      // A key stands before its value, which may begin on the next line.
      const key = isMap(above)
        ? above.items.find((pair) => (pair.key as { value?: unknown }).value === name)
        : undefined;
      const node = (key?.key ?? document.getIn(path.slice(0, length), true)) as Node | undefined;
      if (node?.range) return node.range[0];
    }
    return document.contents?.range?.[0] ?? 0;
  };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    throw fail(0, "its aliases don't resolve. Write the values out.");
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = deepest(parsed.error.issues[0]!);
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    // An unknown key is named itself, not the map that it stands in.
    const odd = issue.code === 'unrecognized_keys' ? [...path, issue.keys[0]!] : path;
    throw fail(offsetOf(odd), `${path.length === 0 ? 'the file' : path.join('.')}: ${complaintOf(issue)}.`);
  }
  return {
    value: parsed.data,
    at: (path) => {
      const { line, col } = lines.linePos(offsetOf(path));
      return { line, column: col };
    },
  };
}

function complaintOf({ code, message }: z.core.$ZodIssue): string {
  return code === 'invalid_type' && message.endsWith('received undefined') ? 'this is missing' : message;
}

/** Of a union that fits nowhere, the complaint of the branch that came furthest. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.flatMap((branch) => (branch.length === 1 ? [deepest(branch[0]!)] : []));
  const best = inner.toSorted((a, b) => b.path.length - a.path.length)[0];
  return best === undefined || best.path.length === 0 ? issue : { ...best, path: [...issue.path, ...best.path] };
}
