/**
 * The rules of a firewall rule group in the engine's terms. What a group does not tell (managed groups, Suricata text,
 * domain lists, options that look into packets) becomes rules that nobody can resolve.
 * Source: https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_RulesSource.html
 */
import type { Match, Rule } from '../../model/network.ts';
import type { Missing, Origin } from '../../model/origin.ts';
import { ALL_V4, ALL_V6, parseCidr } from '../../net/address.ts';
import { ICMP, TCP, UDP } from '../../net/protocol.ts';
import { type Span, normalise, subtract } from '../../net/spans.ts';
import { type Json, integer, object, objects, strings, text } from './record.ts';

export interface RuleGroup {
  readonly arn: string;
  readonly origin: Origin;
  /** The group's own record; undefined where the snapshot does not hold it. */
  readonly body: Json | undefined;
}

/** Rules in order; `pass` means "forward to the stateful rules". */
export function statelessRulesOf(group: RuleGroup): Rule[] {
  const source = object(group.body ?? {}, 'RulesSource');
  const listed = object(source ?? {}, 'StatelessRulesAndCustomActions');
  if (listed === undefined) return unknown(group);
  return [...objects(listed, 'StatelessRules')]
    .sort((a, b) => (integer(a, 'Priority') ?? 0) - (integer(b, 'Priority') ?? 0))
    .map((rule): Rule => {
      const definition = object(rule, 'RuleDefinition') ?? {};
      const attributes = object(definition, 'MatchAttributes') ?? {};
      const actions = strings(definition, 'Actions');
      const action = actions.includes('aws:drop') ? 'deny' : actions.includes('aws:pass') ? 'allow' : 'pass';
      const cidrs = (key: string) =>
        spansIn(objects(attributes, key).map((one) => text(one, 'AddressDefinition') ?? ''));
      const ports = (key: string) =>
        objects(attributes, key).map(
          (one): Span => [integer(one, 'FromPort') ?? 0, (integer(one, 'ToPort') ?? 65535) + 1],
        );
      const protocols = (Array.isArray(attributes['Protocols']) ? attributes['Protocols'] : []).filter(
        (one): one is number => typeof one === 'number',
      );
      const match: Match = {
        ...spansOf('src', cidrs('Sources')),
        ...spansOf('dst', cidrs('Destinations')),
        ...numbers('sport', ports('SourcePorts')),
        ...numbers('dport', ports('DestinationPorts')),
        ...numbers(
          'protocol',
          protocols.map((one) => [one, one + 1] as const),
        ),
      };
      const flags = objects(attributes, 'TCPFlags').length > 0;
      const words = `stateless rule ${integer(rule, 'Priority') ?? '?'}: ${actions.join(', ')}`;
      return {
        origin: group.origin,
        by: group.origin,
        action,
        match: [match],
        text: words,
        ...(flags ? { unresolved: looksInside(group, 'TCP flags') } : {}),
      };
    });
}

/** Rules in the order of the group; alerts decide nothing. */
export function statefulRulesOf(group: RuleGroup, home: readonly Span<bigint>[]): Rule[] {
  const source = object(group.body ?? {}, 'RulesSource');
  if (source === undefined || text(source, 'RulesString') !== undefined) return unknown(group);
  const domains = object(source, 'RulesSourceList');
  if (domains !== undefined) return unknown(group, { protocol: [[TCP, TCP + 1]] });
  const variables = variablesOf(group.body ?? {}, home);
  return objects(source, 'StatefulRules').flatMap((rule, i): Rule[] => {
    const verb = text(rule, 'Action') ?? '';
    if (verb === 'ALERT') return [];
    const header = object(rule, 'Header') ?? {};
    const both = text(header, 'Direction') === 'ANY';
    const there = matchOf(header, variables, false);
    const back = both ? matchOf(header, variables, true) : undefined;
    const options = objects(rule, 'RuleOptions').filter(
      (one) => !['sid', 'rev', 'msg', 'metadata', 'classtype', 'priority'].includes(text(one, 'Keyword') ?? ''),
    );
    const deep = !['IP', 'TCP', 'UDP', 'ICMP'].includes(text(header, 'Protocol') ?? 'IP');
    const inside =
      there === undefined ? 'addresses or ports' : deep ? `protocol ${text(header, 'Protocol')}` : undefined;
    const why = inside ?? (options.length > 0 ? `the option ${text(options[0]!, 'Keyword') ?? ''}` : undefined);
    return [
      {
        origin: group.origin,
        by: group.origin,
        action: verb === 'PASS' ? 'allow' : 'deny',
        match: [...(there === undefined ? [{}] : [there]), ...(back === undefined ? [] : [back])],
        text: `stateful rule ${i + 1}: ${verb.toLowerCase()} ${[
          'Protocol',
          'Source',
          'SourcePort',
          'Destination',
          'DestinationPort',
        ]
          .map((key) => text(header, key) ?? 'ANY')
          .join(' ')}`,
        ...(why === undefined ? {} : { unresolved: looksInside(group, why) }),
      },
    ];
  });
}

/** A group that may allow or deny what it matches, whoever asks. */
function unknown(group: RuleGroup, match: Match = {}): Rule[] {
  const unresolved: Missing =
    group.body === undefined
      ? {
          what: `the rules of firewall rule group ${group.origin.id}`,
          fetch: `aws network-firewall describe-rule-group --rule-group-arn ${group.arn}`,
        }
      : looksInside(group, 'domain names or Suricata text');
  return (['allow', 'deny'] as const).map((action) => ({
    origin: group.origin,
    by: group.origin,
    action,
    match: [match],
    text: `whatever ${group.origin.id} says`,
    unresolved,
  }));
}

function looksInside(group: RuleGroup, what: string): Missing {
  return {
    what: `what ${group.origin.id} does: a rule looks at ${what}, which addresses and ports do not tell`,
    fetch: null,
  };
}

/** `$HOME_NET` and the like; the VPC's own addresses are the default. */
function variablesOf(body: Json, home: readonly Span<bigint>[]) {
  const variables = object(body, 'RuleVariables') ?? {};
  const [sets, ports] = [object(variables, 'IPSets') ?? {}, object(variables, 'PortSets') ?? {}];
  return {
    addresses: (name: string): readonly Span<bigint>[] | undefined => {
      const set = object(sets, name);
      if (set !== undefined) return spansIn(strings(set, 'Definition'));
      if (name === 'HOME_NET') return home;
      return name === 'EXTERNAL_NET' ? outsideOf(home) : undefined;
    },
    ports: (name: string): readonly string[] | undefined => {
      const set = object(ports, name);
      return set === undefined ? undefined : strings(set, 'Definition');
    },
  };
}

type Variables = ReturnType<typeof variablesOf>;

/** The header's 5-tuple; undefined where an address or port makes no sense here. */
function matchOf(header: Json, variables: Variables, reversed: boolean): Match | undefined {
  const side = (address: string, port: string) => ({
    at: addressesOf(text(header, address) ?? 'ANY', variables),
    ports: portsOf(text(header, port) ?? 'ANY', variables),
  });
  const [source, destination] = [side('Source', 'SourcePort'), side('Destination', 'DestinationPort')];
  const [from, to] = reversed ? [destination, source] : [source, destination];
  if ([from, to].some(({ at, ports }) => at === undefined || ports === undefined)) return undefined;
  const protocol = { TCP, UDP, ICMP }[text(header, 'Protocol') ?? ''];
  return {
    ...spansOf('src', from.at!),
    ...spansOf('dst', to.at!),
    ...numbers('sport', from.ports!),
    ...numbers('dport', to.ports!),
    ...(protocol === undefined ? {} : { protocol: [[protocol, protocol + 1]] }),
  };
}

function addressesOf(word: string, variables: Variables): readonly Span<bigint>[] | undefined {
  if (/^any$/i.test(word)) return [];
  if (word.startsWith('!')) {
    const spans = addressesOf(word.slice(1), variables);
    return spans === undefined || spans.length === 0 ? undefined : outsideOf(spans);
  }
  if (word.startsWith('$')) return variables.addresses(word.slice(1));
  const words = word.replace(/^\[|\]$/g, '').split(',');
  const spans = spansIn(words);
  return spans.length < words.length ? undefined : spans;
}

function portsOf(word: string, variables: Variables): readonly Span[] | undefined {
  if (/^any$/i.test(word)) return [];
  if (word.startsWith('$')) {
    const spans = variables.ports(word.slice(1))?.map((one) => portsOf(one, variables));
    return spans === undefined || spans.includes(undefined) ? undefined : spans.flatMap((one) => one ?? []);
  }
  const spans = word
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map((one): Span | undefined => {
      const [, lo, colon, hi] = /^\s*(\d*)(:?)(\d*)\s*$/.exec(one) ?? [];
      if (lo === undefined || (lo === '' && hi === '')) return undefined;
      const from = lo === '' ? 0 : Number(lo);
      return [from, (colon === '' ? from : hi === '' ? 65535 : Number(hi)) + 1];
    });
  return spans.includes(undefined) ? undefined : (spans as Span[]);
}

/** Addresses and CIDRs as spans; what is neither is left out. */
function spansIn(words: readonly string[]): Span<bigint>[] {
  return words.flatMap((word) => {
    const cidr = word.trim();
    const span = parseCidr(cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}`);
    return span === undefined ? [] : [span];
  });
}

function outsideOf(spans: readonly Span<bigint>[]): readonly Span<bigint>[] {
  return subtract([ALL_V6, ALL_V4], normalise(spans));
}

function spansOf(field: 'src' | 'dst', spans: readonly Span<bigint>[]): Match {
  return spans.length === 0 ? {} : { [field]: normalise(spans) };
}

function numbers(field: 'sport' | 'dport' | 'protocol', spans: readonly Span[]): Match {
  return spans.length === 0 ? {} : { [field]: normalise(spans) };
}
