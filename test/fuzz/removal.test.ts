/**
 * What is not in a snapshot must never read as permission: without one of its documents, or a record that others name, an
 * answer may become less certain, but "reachable" only with an assumption that says what it rests on.
 *
 * Proves: absence-is-not-permission.
 */
import { expect, test } from 'vitest';
import { ContradictionError, QuestionError, ask, combined } from '../../src/index.ts';
import type { Answer } from '../../src/model/results.ts';
import { type Documents, type Sample, samples } from './corpus.ts';
import { estateOf } from './worlds.ts';

function answers(files: Documents, { queries }: Sample): (Answer | undefined)[] {
  const estate = estateOf(files);
  return queries.map(([src, dst]) => {
    try {
      return combined(ask(estate, src, dst), src, dst);
    } catch (error) {
      // Who or what was asked about went with the document; or two documents contradict each other to begin with.
      if (error instanceof QuestionError || error instanceof ContradictionError) return undefined;
      throw error;
    }
  });
}

/** The ways to leave out one document, and those to leave out one record that is named in another file. */
function* remainders(files: Documents): Generator<readonly [what: string, files: Documents]> {
  for (const name of Object.keys(files)) {
    const { [name]: _, ...rest } = files;
    if (Object.keys(rest).length > 0) yield [name, rest];
  }
  for (const [name, content] of Object.entries(files)) {
    const others = JSON.stringify({ ...files, [name]: undefined });
    const lists: readonly (readonly [key: string | undefined, list: readonly unknown[]])[] = Array.isArray(content)
      ? [[undefined, content]]
      : Object.entries(content as object).filter(([, list]) => Array.isArray(list));
    for (const [key, list] of lists)
      for (const [i, record] of list.entries()) {
        const id = idOf(record);
        if (id === undefined || !others.includes(`"${id}"`)) continue;
        const rest = list.toSpliced(i, 1);
        yield [
          `${name} without ${id}`,
          { ...files, [name]: key === undefined ? rest : { ...(content as object), [key]: rest } },
        ];
      }
  }
}

/** The name that other records call a record by: its selfLink, its id, or what ends in Id and comes first. */
function idOf(record: unknown): string | undefined {
  if (record === null || typeof record !== 'object') return undefined;
  const fields = Object.entries(record);
  const [, id] =
    fields.find(([key]) => key === 'selfLink') ??
    fields.find(([key, value]) => key === 'id' && String(value).startsWith('/')) ??
    fields.find(([key]) => /^[A-Z]\w*Id$/.test(key) && !NOT_OWN.has(key)) ??
    [];
  return typeof id === 'string' ? id : undefined;
}
const NOT_OWN = new Set(['OwnerId', 'VpcId', 'SubnetId', 'AvailabilityZoneId', 'RequesterId', 'ReservationId']);

for (const sample of samples())
  test(`nothing left out of ${sample.name} reads as permission`, () => {
    const before = answers(sample.files, sample);
    const wrong: string[] = [];
    for (const [what, files] of remainders(sample.files))
      for (const [i, answer] of answers(files, sample).entries()) {
        const was = before[i]?.verdict;
        if (answer === undefined || answer.verdict !== 'reachable' || was === undefined || was === 'reachable')
          continue;
        if (answer.assumptions.length + answer.missing.length === 0)
          wrong.push(`without ${what}, ${sample.queries[i]!.join(' -> ')} turns from ${was} into reachable`);
      }
    expect(wrong).toEqual([]);
  });
