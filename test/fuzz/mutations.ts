/** Ways to break a document that keep its shape recognisable: what a damaged, foreign or hostile snapshot looks like. */
import type { Random } from '../random.ts';

type Parent = Record<string | number, unknown>;
interface Spot {
  readonly parent: Parent;
  readonly key: string | number;
  readonly value: unknown;
}

const WORDS: readonly unknown[] = [
  null,
  '',
  ' ',
  true,
  0,
  -1,
  65536,
  1e308,
  0.5,
  '0.0.0.0/0',
  '::/0',
  '10.0.0.0/33',
  '999.1.1.1',
  '10.0.0.1/0',
  'fe80::1%eth0',
  '::ffff:10.0.0.1',
  '-1',
  '65535-0',
  '1-2-3',
  'x'.repeat(10_000),
  '__proto__',
  'constructor',
  '\u0000\u001b[31m',
  '<script>alert(1)</script>',
  'http://x/y',
  '/',
  '//',
  [],
  {},
  [[]],
  [null],
  [{}],
  { __proto__: null },
];

/** One random change somewhere in a value, in place. */
export function mutate(random: Random, root: unknown): void {
  const spots = spotsIn(root);
  if (spots.length === 0) return;
  const spot = random.pick(spots);
  const other = random.pick(spots);
  const { parent, key, value } = spot;
  random.pick<() => void>([
    () => remove(spot),
    () => remove(spot),
    () => {
      parent[key] = random.pick(WORDS);
    },
    () => {
      parent[key] = random.pick(WORDS);
    },
    // The same field of another record: references that lead elsewhere, ranges that overlap, ids that are there twice.
    () => {
      const alike = spots.filter((one) => one.key === key && one.parent !== parent);
      if (alike.length > 0) parent[key] = structuredClone(random.pick(alike).value);
    },
    () => {
      if (Array.isArray(parent)) parent.splice(Number(key), 0, structuredClone(value));
    },
    () => {
      if (Array.isArray(value)) value.reverse();
    },
    () => {
      if (Array.isArray(value)) parent[key] = value.length === 1 ? value[0] : Object.fromEntries(value.entries());
    },
    () => {
      parent[key] = [value];
    },
    () => {
      if (typeof value === 'string')
        parent[key] = random.pick([value.toUpperCase(), `${value} `, value.slice(0, -1), `${value}${value}`]);
      if (typeof value === 'number') parent[key] = random.pick([String(value), value + 1, -value, value * 1e9]);
    },
    () => {
      if (holds(value, parent)) return;
      parent[key] = structuredClone(other.value);
    },
    () => {
      if (!Array.isArray(parent)) parent[random.pick(['__proto__', 'constructor', 'toString', 'length'])] = value;
    },
    () => {
      let deep: unknown = value;
      for (let i = 0; i < 400; i++) deep = i % 2 === 0 ? [deep] : { deep };
      parent[key] = deep;
    },
    () => {
      if (Array.isArray(value) && value.length > 0)
        for (let i = 0; i < 200; i++) value.push(structuredClone(value[i % value.length]));
    },
  ])();
}

/** A text that is no longer quite JSON. */
export function garble(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  return random.pick([
    () => text.slice(0, at),
    () => `\uFEFF${text}`,
    () => `${text.slice(0, at)}\u0000${text.slice(at)}`,
    () => `${text.slice(0, at)}${random.pick(['{', ']', ',', '"', '\\', '\n', '1e999'])}${text.slice(at)}`,
    () => `${text}\n${text}`,
    () => text.replace(/:\s*"/, ': "\\ud800'),
  ])();
}

function remove({ parent, key }: Spot): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

function spotsIn(value: unknown, found: Spot[] = []): Spot[] {
  if (value === null || typeof value !== 'object') return found;
  for (const key of Object.keys(value)) {
    const inside = (value as Parent)[key];
    found.push({ parent: value as Parent, key, value: inside });
    spotsIn(inside, found);
  }
  return found;
}

function holds(value: unknown, wanted: unknown): boolean {
  if (value === wanted) return true;
  return value !== null && typeof value === 'object' && Object.values(value).some((one) => holds(one, wanted));
}
