/**
 * Flow changes as a Mermaid flowchart, which GitHub and GitLab draw where Markdown is shown: roles as boxes, what opens
 * as thick arrows, what closes as dotted ones. Small by design; lists tell the rest.
 */
import type { FlowChange } from '../model/diff.ts';
import { trafficText } from './facts.ts';

const MOST_ARROWS = 16;
const LONGEST_LABEL = 48;

/** The picture's source without its fence, or undefined where nothing changes. */
export function flowPicture(flows: readonly FlowChange[]): string | undefined {
  if (flows.length === 0) return undefined;
  const arrows = joined(flows);
  const shown = arrows.slice(0, MOST_ARROWS);
  const boxes = new Map<string, string>();
  const box = (role: string): string => {
    const known = boxes.get(role);
    if (known !== undefined) return known;
    const made = `n${boxes.size}`;
    boxes.set(role, made);
    return made;
  };
  const lines = shown.map(({ from, to, isGain, labels }) => {
    const label = quoted(`${isGain ? '+' : '-'} ${labels.join(', ')}`);
    return isGain ? `  ${box(from)} ==>|${label}| ${box(to)}` : `  ${box(from)} -.->|${label}| ${box(to)}`;
  });
  const named = [...boxes].map(([role, id]) =>
    role === 'internet' ? `  ${id}((${quoted(role)}))` : `  ${id}[${quoted(role)}]`,
  );
  const styles = shown.map(
    ({ isGain }, i) => `  linkStyle ${i} stroke:${isGain ? '#1a7f37' : '#cf222e'},stroke-width:2px`,
  );
  return ['flowchart LR', ...named, ...lines, ...styles].join('\n');
}

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly isGain: boolean;
  readonly labels: string[];
}

/** One arrow for each pair of roles and direction of change, whatever the number of ports. */
function joined(flows: readonly FlowChange[]): Arrow[] {
  const arrows = new Map<string, Arrow>();
  for (const flow of flows) {
    const { change, from, to } = flow;
    const isGain = change === 'opened' || change === 'widened';
    const key = JSON.stringify([from.role, to.role, isGain]);
    const arrow = arrows.get(key) ?? { from: from.role, to: to.role, isGain, labels: [] };
    const label = trafficText(flow);
    if (!arrow.labels.includes(label)) arrow.labels.push(label);
    arrows.set(key, arrow);
  }
  return [...arrows.values()];
}

/** Names come from strangers: every character that Mermaid or HTML could read otherwise becomes a character code. */
function quoted(text: string): string {
  const letters = Array.from(text);
  const short = letters.length > LONGEST_LABEL ? [...letters.slice(0, LONGEST_LABEL - 1), '…'] : letters;
  const safe = short.map((letter) => (/[A-Za-z0-9 ._,/+-]/.test(letter) ? letter : `#${letter.codePointAt(0)!};`));
  return `"${safe.join('')}"`;
}
