/** Parts of a network in lines, as samples write them down. */
import type { Match, Network, NextHop, TranslationSide } from '../src/model/network.ts';
import { formatAddress } from '../src/net/address.ts';
import { cidrsText } from '../src/net/describe.ts';

/** What is there under a key such as "filter sg-in:eni-1"; nothing is ["absent"]. */
export function seen(network: Network, key: string): readonly string[] {
  const [what, id] = [key.split(' ', 1)[0]!, key.slice(key.indexOf(' ') + 1)];
  return PRINTERS[what]?.(network, id) ?? ['absent'];
}

const PRINTERS: Readonly<Record<string, (network: Network, id: string) => readonly string[] | undefined>> = {
  notes: (network) => network.notes.map(({ message }) => message),
  word: (network, word) => network.placesNamed(word),
  set: (network, id) => {
    const set = network.set(id);
    return set && [...cidrs(set.spans), ...(set.unresolved === undefined ? [] : [`? ${set.unresolved.what}`])];
  },
  filter: (network, id) => {
    const filter = network.filter(id);
    return (
      filter && [
        ...filter.rules.map(
          (rule) => `${rule.text}${rule.unresolved === undefined ? '' : ` ? ${rule.unresolved.what}`}`,
        ),
        `else ${filter.otherwise}${filter.state === undefined ? ', stateless' : ''}`,
      ]
    );
  },
  table: (network, id) => {
    const table = network.table(id);
    return (
      table &&
      [...table.entries]
        .sort((a, b) => compareRanks(a.rank, b.rank))
        .map(({ text, next, unresolved }) => `${text}: ${hopText(next)}${unresolved === undefined ? '' : ' ?'}`)
    );
  },
  link: (network, id) => {
    const link = network.link(id);
    return (
      link && [
        ...link.owners.map(({ span, in: by }) => `${cidrs([span]).join()} in ${by}`),
        `else ${hopText(link.unowned)}`,
      ]
    );
  },
  node: (network, id) => {
    const node = network.node(id);
    return (
      node && [
        `${node.role} with ${node.interfaces.join(', ')}${node.forwards === true ? ', forwards' : ''}`,
        ...(node.refuses === undefined ? [] : [`refuses: ${node.refuses.code}`]),
        ...(node.down === undefined ? [] : [`down: ${node.down.why}`]),
        ...(node.relay?.listeners ?? []).flatMap(({ match, choose, backends }) => [
          `listens: ${match.map(matchText).join(' or ')}, ${choose}`,
          ...backends.map(
            ({ address, port, from }) => `  to ${formatAddress(address)}:${port} from ${from.join(', ')}`,
          ),
        ]),
        ...(node.assumes ?? []).map(({ code }) => `assumes: ${code}`),
      ]
    );
  },
  interface: (network, id) => {
    const at = network.interface(id);
    return (
      at && [
        `of ${at.node}, table ${at.table ?? 'none'}`,
        ...at.addresses.map(
          ({ address, public: outside }) =>
            `${formatAddress(address)}${outside === undefined ? '' : ` as ${formatAddress(outside)}`}`,
        ),
        ...cidrs(at.prefixes ?? []),
        ...cidrs(at.serves ?? []).map((one) => `serves ${one}`),
        ...at.steps.map((step) =>
          'filter' in step ? `${step.at}: ${step.filter}` : `${step.at}: ${step.translation} ${step.side}`,
        ),
      ]
    );
  },
  translation: (network, id) => {
    const translation = network.translation(id);
    return (
      translation && [
        translation.memory,
        ...sideText('outward', translation.outward),
        ...sideText('inward', translation.inward),
        ...(translation.owns === undefined ? [] : [`owns ${cidrs(translation.owns).join(', ')}`]),
      ]
    );
  },
  place: (network, id) => {
    const place = network.place(id);
    return (
      place && [
        `${place.origin.kind}${place.partOf === undefined ? '' : ` of ${place.partOf}`}`,
        ...(place.aliases.length === 0 ? [] : [`called ${place.aliases.join(', ')}`]),
        ...(place.members === undefined
          ? [`at ${place.interfaces.join(', ')}`]
          : [`members ${place.members.join(', ')}`]),
      ]
    );
  },
  amendment: (network, id) => {
    const amendment = network.amendment(id);
    return amendment && [amendment.text];
  },
};

function sideText(name: string, side: TranslationSide | undefined): string[] {
  if (side === undefined) return [];
  return [
    ...side.rewrites.map(({ match, set, pairs }) => {
      const what = match === undefined ? 'anything' : match.map(matchText).join(' or ');
      if (pairs !== undefined)
        return `${name}: ${pairs.field} ${pairs.table.map(({ from, to }) => `${formatAddress(from)} becomes ${formatAddress(to)}`).join(', ') || 'of no pair'}`;
      const fields = Object.entries(set ?? {}).map(([field, spans]) => `${field} becomes ${spansText(spans)}`);
      return `${name}: ${what}: ${fields.join(', ') || 'as it is'}`;
    }),
    `${name}: else ${side.otherwise}${side.otherwise === 'drop' ? ` ${side.code}` : ''}`,
  ];
}

function matchText(match: Match): string {
  const parts = Object.entries(match).map(
    ([field, value]) => `${field} ${'set' in value ? value.set : spansText(value)}`,
  );
  return parts.length === 0 ? 'anything' : parts.join(' ');
}

function spansText(spans: readonly (readonly [number, number] | readonly [bigint, bigint])[]): string {
  return spans
    .map(([lo, end]) =>
      typeof lo === 'bigint'
        ? cidrs([[lo, end as bigint]]).join()
        : Number(end) === lo + 1
          ? String(lo)
          : `${lo}-${Number(end) - 1}`,
    )
    .join();
}

function cidrs(spans: readonly (readonly [bigint, bigint])[]): readonly string[] {
  const texts = cidrsText(spans);
  return texts.length > 8 ? [`${texts.length} CIDRs from ${texts[0]} to ${texts.at(-1)}`] : texts;
}

function hopText(next: NextHop): string {
  switch (next.to) {
    case 'hop':
      return `to ${next.in}${next.out === undefined ? '' : ` by ${next.out}`}`;
    case 'link':
      return `on ${next.link}${next.out === undefined ? '' : ` by ${next.out}`}`;
    case 'local':
      return 'here';
    case 'drop':
      return `dropped, ${next.code}`;
    case 'missing':
      return `? ${next.what.what}`;
    case 'fork':
      return `${next.choose} of (${next.branches.map(hopText).join(' | ')})`;
  }
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
