/** Protocols and ports of a rule, which VPC rules and policy rules spell almost alike, as matches with their text. */
import type { Match } from '../../model/network.ts';
import { PORTED, protocolNumber } from '../../net/protocol.ts';
import { type Span, normalise } from '../../net/spans.ts';
import { type Json, portSpan, strings, text } from './record.ts';

export type Direction = 'in' | 'out';

/** The part of a match that is about protocol and ports; undefined where it makes no sense. */
export function layer4(configs: readonly Json[]): { match: readonly Match[]; text: string } | undefined {
  if (configs.length === 0) return { match: [{}], text: 'everything' };
  const parts = configs.map((config) => {
    const word = (text(config, 'IPProtocol') ?? text(config, 'ipProtocol') ?? '').toLowerCase();
    const ports = strings(config, 'ports');
    const spans = ports.map(portSpan);
    if (word === 'all') return { match: {}, text: 'everything' };
    const number = /^\d{1,3}$/.test(word) ? Number(word) : protocolNumber(word === 'ipip' ? 'ipip' : word);
    if (number === undefined || number > 255 || spans.includes(undefined)) return undefined;
    const dport = ports.length === 0 || !PORTED.includes(number) ? {} : { dport: normalise(spans as Span[]) };
    return {
      match: { protocol: [[number, number + 1] as const], ...dport },
      text: ports.length === 0 ? word : `${word} ${ports.join(',')}`,
    };
  });
  if (parts.includes(undefined)) return undefined;
  return { match: parts.map((part) => part!.match), text: parts.map((part) => part!.text).join(', ') };
}

/** Every combination of protocol parts with what is said of the two ends. */
export function combine(protocols: readonly Match[], ends: readonly Match[]): Match[] {
  return protocols.flatMap((protocol) => ends.map((end): Match => ({ ...protocol, ...end })));
}
