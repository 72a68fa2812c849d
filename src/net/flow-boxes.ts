/** Printed flows back into boxes: the inverse of describe.ts, for changes that come from a file. */
import { parseAddress, parseCidr } from './address.ts';
import type { FlowText } from './describe.ts';
import type { Box } from './fields.ts';
import { ICMP, ICMPV6, protocolNumber } from './protocol.ts';
import { type Span, normalise } from './spans.ts';

/** The packets of a flow; undefined where it is none that this program prints. */
export function boxOfFlow(flow: FlowText): Box | undefined {
  const protocol = protocolOf(flow.protocol);
  const [src, dst] = [addressesOf(flow.from), addressesOf(flow.to)];
  if (protocol === undefined || src === undefined || dst === undefined) return undefined;
  const ports = flow.ports === '*' ? {} : portsOf(flow.ports, protocol === 'any' ? undefined : protocol[0]![0]);
  if (ports === undefined) return undefined;
  return {
    ...(protocol === 'any' ? {} : { protocol }),
    ...ports,
    ...(src === 'any' ? {} : { src }),
    ...(dst === 'any' ? {} : { dst }),
  };
}

function protocolOf(word: string): 'any' | readonly Span[] | undefined {
  if (word === '*') return 'any';
  if (word.startsWith('proto:')) return numbersOf(word.slice(6), 255);
  const number = protocolNumber(word);
  return number === undefined ? undefined : [[number, number + 1]];
}

function portsOf(text: string, protocol: number | undefined): Box | undefined {
  if (protocol !== ICMP && protocol !== ICMPV6) {
    const dport = numbersOf(text, 65535);
    return dport === undefined ? undefined : { dport };
  }
  const words = /^(?:(echo-request|echo-reply|type [\d,-]+))?(?: ?code ([\d,-]+))?$/.exec(text);
  if (words === null) return undefined;
  const [, type, code] = words;
  const icmpCode = code === undefined ? undefined : numbersOf(code, 255);
  const echo = protocol === ICMP ? { 'echo-request': 8, 'echo-reply': 0 } : { 'echo-request': 128, 'echo-reply': 129 };
  const known = type === undefined ? undefined : echo[type as keyof typeof echo];
  const icmpType = known !== undefined ? ([[known, known + 1]] as const) : numbersOf(type?.slice(5) ?? '', 255);
  if ((type !== undefined && icmpType === undefined) || (code !== undefined && icmpCode === undefined))
    return undefined;
  return { ...(icmpType === undefined ? {} : { icmpType }), ...(icmpCode === undefined ? {} : { icmpCode }) };
}

function numbersOf(text: string, most: number): readonly Span[] | undefined {
  const spans: Span[] = [];
  for (const part of text.split(',')) {
    const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    if (range === null) return undefined;
    const lo = Number(range[1]);
    const hi = Number(range[2] ?? range[1]);
    if (hi > most || lo > hi) return undefined;
    spans.push([lo, hi + 1]);
  }
  return normalise(spans);
}

function addressesOf(list: readonly string[]): 'any' | readonly Span<bigint>[] | undefined {
  if (list.length === 1 && list[0] === 'any') return 'any';
  const spans: Span<bigint>[] = [];
  for (const text of list) {
    const address = parseAddress(text);
    const span = address === undefined ? parseCidr(text) : ([address, address + 1n] as const);
    if (span === undefined) return undefined;
    spans.push(span);
  }
  return normalise(spans);
}
