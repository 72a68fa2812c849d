/** What a walk leaves behind: its ends with their trails, the parts that were dropped, the parts that nobody can know. */
import type { PacketSet } from '../net/packet-space.ts';
import type { RouteEntry, Rule } from '../model/network.ts';
import type { Assumption, Missing, Origin } from '../model/origin.ts';
import type { Hop, Layer, Leg, StepResult } from '../model/results.ts';
import type { Trail } from './flight.ts';

/** What would mend a drop, in the engine's own terms; sets are in the coordinates of the place where it happened. */
export type Remedy =
  | {
      readonly op: 'allow';
      readonly filter: string;
      readonly leg: Leg;
      readonly set: PacketSet;
      readonly direction: 'in' | 'out';
    }
  | {
      readonly op: 'add-route';
      readonly table: string;
      readonly set: PacketSet;
      readonly entries: readonly RouteEntry[];
      /** The entry that leads nowhere now. */
      readonly replaces?: RouteEntry;
    }
  | { readonly op: 'amend'; readonly amendment: string };

/** One dropping part. `packets` is in the question's own coordinates. */
export interface Drop {
  readonly code: string;
  readonly by: Origin;
  /** Everything that shares the blame: several groups on one interface. */
  readonly owners: readonly Origin[];
  readonly leg: Leg;
  readonly connection: number;
  readonly layer: Layer;
  readonly packets: PacketSet;
  readonly why: string;
  readonly rule?: Rule | RouteEntry;
  readonly remedy?: Remedy;
  /** Why nothing could be changed here. */
  readonly whyNoMend?: string;
}

export interface Doubt {
  readonly missing: Missing;
  readonly by: Origin;
  readonly leg: Leg;
  readonly connection: number;
  readonly packets: PacketSet;
  /** Where a connection of a relay is in doubt: the packets of the question that have it opened. */
  readonly first?: PacketSet;
}

/** How far a set got on one leg. */
export interface End {
  readonly leg: Leg;
  readonly connection: number;
  readonly end: string;
  readonly packets: PacketSet;
  readonly trail: Trail | undefined;
}

/** The question branches into more ways than can be walked; ask it in smaller parts. */
export class WalkBudgetError extends Error {
  constructor(most: number) {
    super(`the question branches into more than ${most} hops`);
    this.name = 'WalkBudgetError';
  }
}

/** Packets that a node took on the way there. */
export interface Arrival {
  readonly node: string;
  readonly packets: PacketSet;
  /**
   * Whoever was asked for, this counts: the destination was rewritten on the way, the fabric itself answers, or nobody knows.
   */
  readonly forAnyone: boolean;
}

/**
 * Packets that somebody passed on or opened anew for those of the question, as their taker sees them; their reply comes back.
 */
export interface Handed {
  /** Who takes them. */
  readonly node: string;
  /** The question's packets that they stand for. */
  readonly asked: PacketSet;
  /** From the client, or from whom the relay speaks for, to the taker's own address and port. */
  readonly packets: PacketSet;
  /** A relay opened it; else the client's own packets were passed on. */
  readonly relayed?: true;
}

const MOST_HOPS = 100_000;

export class Recorder {
  private hops = 0;
  private readonly mostHops: number;
  /** Whether drops and ends are kept: those who only want the outcome of a wide question leave them. */
  readonly keepsStory: boolean;
  readonly arrivals: Arrival[] = [];
  /** Kept for those who ask about what is behind balancers. */
  readonly handed: Handed[] | undefined;
  readonly drops: Drop[] = [];
  readonly doubts: Doubt[] = [];
  readonly ends: End[] = [];
  readonly assumptions = new Map<string, Assumption>();
  /**
   * Packets that got there and back, and what that rests on; of the question also where it is a relay's connection that did.
   */
  readonly accepted: { readonly packets: PacketSet; readonly list: readonly Assumption[] }[] = [];
  private first: PacketSet | undefined;

  constructor(
    options: { readonly mostHops?: number; readonly keepsStory?: boolean; readonly keepsHanded?: boolean } = {},
  ) {
    this.handed = options.keepsHanded === true ? [] : undefined;
    this.mostHops = options.mostHops ?? MOST_HOPS;
    this.keepsStory = options.keepsStory ?? true;
  }

  /** Counts a hop; forks within forks multiply, and an answer must end. */
  hop(): void {
    if (++this.hops > this.mostHops) throw new WalkBudgetError(this.mostHops);
  }

  /** These packets got there and back, if all of this holds. */
  assume(list: readonly Assumption[], packets: PacketSet): void {
    for (const assumption of list) this.assumptions.set(`${assumption.code} ${assumption.resource}`, assumption);
    this.accepted.push({ packets: this.first ?? packets, list });
  }

  doubt(one: Doubt): void {
    this.doubts.push(this.first === undefined ? one : { ...one, first: this.first });
  }

  /** What is recorded meanwhile is of connections that a relay opens for these packets of the question. */
  behind<T>(packets: PacketSet, ask: () => T): T {
    const outer = this.first;
    this.first ??= packets;
    try {
      return ask();
    } finally {
      this.first = outer;
    }
  }
}

/** A trail as hops, oldest first; steps at one node belong to one hop. */
export function hopsOf(trail: Trail | undefined): Hop[] {
  const links: Trail[] = [];
  for (let link = trail; link !== undefined; link = link.parent) links.push(link);
  const hops: { resource: string; resourceName?: string; kind: string; steps: StepResult[]; node: string }[] = [];
  for (const { node, step } of links.reverse()) {
    const last = hops.at(-1);
    if (last !== undefined && last.node === node.id) last.steps.push(step);
    else
      hops.push({
        node: node.id,
        resource: node.origin.id,
        ...(node.origin.name === undefined ? {} : { resourceName: node.origin.name }),
        kind: node.origin.kind,
        steps: [step],
      });
  }
  return hops.map(({ node: _, ...hop }) => hop);
}
