/** Makes a snapshot on which kernel and engine disagree as small as it gets, and writes it down as a ready case. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import type { Mismatch } from './check.ts';
import { Engine, writeFiles } from './engine.ts';
import type { Lab } from './lab.ts';
import type { Provider } from './providers.ts';
import type { Files } from './topology.ts';

type Path = readonly (string | number)[];

/** Removes files and list elements as long as the two still disagree in the same way; stops at the deadline. */
export async function shrunk(
  lab: Lab,
  provider: Provider,
  files: Files,
  { probe, met, said, what }: Mismatch,
  deadline: number,
): Promise<Files> {
  if (what !== undefined) return files;
  const remains = async (smaller: Files): Promise<boolean> => {
    try {
      const engine = await Engine.of(smaller);
      try {
        // The engine is asked first: it costs a hundredth of what the kernel does.
        if (engine.says(probe) !== said) return false;
      } finally {
        engine.close();
      }
      await lab.lay(provider.plan(smaller));
      const [now] = await lab.send([probe], met === 'silent' ? 500 : 250);
      return now === met;
    } catch {
      // What is left is no network any more.
      return false;
    }
  };
  let small = files;
  for (let changed = true; changed && Date.now() < deadline; ) {
    changed = false;
    for (const name of Object.keys(small)) {
      const { [name]: _, ...rest } = small;
      if (Date.now() < deadline && (await remains(rest))) [small, changed] = [rest, true];
    }
    for (const path of listsIn(small)) {
      let list = at(small, path);
      for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
        for (let i = 0; i < list.length && Date.now() < deadline; ) {
          const smaller = replaced(small, path, list.toSpliced(i, size)) as Files;
          if (await remains(smaller)) {
            [small, changed] = [smaller, true];
            list = at(small, path);
          } else i += size;
        }
    }
  }
  return small;
}

/** A folder for fixtures/cases: the snapshot and its case.json, whose text is returned. */
export function writeCase(folder: string, provider: Provider, seed: number, files: Files, mismatch: Mismatch): string {
  const { probe, met, said, what } = mismatch;
  const port = probe.protocol === 'icmp' ? 'icmp' : `${probe.dport}${probe.protocol === 'udp' ? '/udp' : ''}`;
  const dst = probe.dst.includes(':') ? `[${probe.dst}]` : probe.dst;
  writeFiles(folder, files);
  const text = JSON.stringify(
    {
      title: `${provider.name} network ${seed}: kernel and engine disagree`,
      source: [],
      queries: [
        {
          args: [probe.from === 'internet' ? probe.src : probe.from, `${dst}:${port}`],
          verdict: met === 'passed' ? 'reachable' : 'unreachable',
          why: `The kernel says ${met}${probe.sport === undefined ? '' : ` from source port ${probe.sport}`}, the engine ${what ?? said}.`,
        },
      ],
    },
    undefined,
    2,
  );
  writeFileSync(join(folder, 'case.json'), `${text}\n`);
  return text;
}

/** Where lists stand, outer ones first. */
function listsIn(value: unknown, path: Path = []): Path[] {
  if (Array.isArray(value))
    return [path, ...value.flatMap((one, i) => listsIn(one, [...path, i]))].filter(
      (one) => at(value, one.slice(path.length)).length > 0,
    );
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, one]) => listsIn(one, [...path, key]));
}

/** The list at a path; empty where there is none any more. */
function at(value: unknown, path: Path): readonly unknown[] {
  let found = value;
  for (const step of path) found = (found as Record<string | number, unknown> | undefined)?.[step];
  return Array.isArray(found) ? found : [];
}

function replaced(value: unknown, [step, ...rest]: Path, by: unknown): unknown {
  if (step === undefined) return by;
  if (Array.isArray(value)) return value.with(step as number, replaced(value[step as number], rest, by));
  const record = value as Record<string, unknown>;
  return { ...record, [step]: replaced(record[step], rest, by) };
}
