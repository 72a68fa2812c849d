/**
 * The vendor-neutral network: what the readers write and the engine walks. Plain data, found by id and built when first
 * asked for, so that a question on a large estate links only what it walks. The conventions that keep the engine
 * neutral stand beside the fields that they bind.
 */
import type { Span } from '../net/spans.ts';
import type { Assumption, ContradictionError, Missing, Note, Origin } from './origin.ts';

/** A set of addresses that rules refer to by id instead of copying it: group, tag, prefix list, service tag. */
export interface AddressSet {
  readonly id: string;
  readonly origin: Origin;
  /** The addresses on the one address line of net/address.ts. */
  readonly spans: readonly Span<bigint>[];
  /** Set when the members are not (all) known: then `spans` holds only those that are. */
  readonly unresolved?: Missing;
}

/**
 * An address that stands for a public one which the snapshot does not hold. Rules that name some public addresses may mean it
 * or not; only those that name it itself, all of them or none are sure.
 */
export interface StandIn {
  readonly address: bigint;
  /** What would tell the address. Stand-ins of one wording are told together. */
  readonly missing: Missing;
}

export type NumberField = 'mark' | 'protocol' | 'dport' | 'sport' | 'icmpType' | 'icmpCode';
export type AddressField = 'dst' | 'src';

/** A conjunction over header fields; a missing field means any. A reference stands for the set's addresses. */
export type Match = { readonly [F in NumberField]?: readonly Span[] } & {
  readonly [F in AddressField]?: readonly Span<bigint>[] | { readonly set: string };
};

/** One line of a filter. `match` is a union of conjunctions. */
export interface Rule {
  readonly origin: Origin;
  /** `pass` ends this level of a filter of several levels: the next one is asked. */
  readonly action: 'allow' | 'deny' | 'pass';
  /** 0 when absent. What no rule of a level takes goes on to the next one; levels stand in ascending order. */
  readonly level?: number;
  /** The resource that the rule is part of, where one filter unites several; else the filter's own origin. */
  readonly by?: Origin;
  /** Blocker code when this rule drops, where it is not the filter's. */
  readonly code?: string;
  readonly match: readonly Match[];
  /** The rule as a person would read it: "allow tcp 443 from 10.0.0.0/8". */
  readonly text: string;
  /** Set when what the rule matches is not in the snapshot; `match` is then the most that it could match. */
  readonly unresolved?: Missing;
}

/** Rules with an evaluation order, a default and a memory. */
export interface Filter {
  readonly id: string;
  readonly origin: Origin;
  /** Blocker code when this filter drops; the provider's own word. */
  readonly code: string;
  readonly rules: readonly Rule[];
  readonly order: 'first-match' | 'any-allow';
  readonly otherwise: 'allow' | 'deny';
  /** Everything that shares the default's blame (several groups united on one interface); empty means `origin`. */
  readonly owners?: readonly Origin[];
  /** What the default is called in a trace: "no rule matches". */
  readonly defaultText?: string;
  /**
   * Name of the state table that remembers what passed. Filters that share it (ingress and egress of one attachment)
   * let replies of remembered packets pass unread. Absent: stateless, replies are matched like any packet.
   */
  readonly state?: string;
  /** What a stateful filter does with a reply to something that it never saw. Default "drop". */
  readonly noSession?: 'drop' | 'unknown' | 'rules';
  /** Why no rule could be added to it: it is the provider's own. */
  readonly whyNoMend?: string;
  /** What it means that a reply to something that passed comes back another way. Absent: nothing. */
  readonly noReply?: 'unknown';
  /** The filter whose rules it repeats, where nobody knows whether they are read: what they are worth is judged in that one. */
  readonly repeats?: string;
}

/** Where a packet goes next. `out` is the interface whose outgoing steps it takes first. */
export type NextHop =
  | { readonly to: 'hop'; readonly out?: string; readonly in: string }
  /** Hand it to whoever owns the destination address on that link. */
  | { readonly to: 'link'; readonly out?: string; readonly link: string }
  /** The node itself is the destination; `assumes` is what has to be so for it to answer there. */
  | { readonly to: 'local'; readonly assumes?: readonly Assumption[] }
  /** `mend` is an amendment; where nothing could be changed, `whyNoMend` says why. */
  | {
      readonly to: 'drop';
      readonly why: string;
      readonly code: string;
      readonly by?: Origin;
      readonly mend?: string;
      readonly whyNoMend?: string;
    }
  | { readonly to: 'missing'; readonly what: Missing; readonly by?: Origin }
  | Fork;

/**
 * `any`: every branch must work (ECMP). `one-works`: members whose probe fails drop out, the rest are `any`.
 * `unknown`: one of them is taken, the snapshot does not say which.
 */
export interface Fork {
  readonly to: 'fork';
  readonly choose: 'any' | 'one-works' | 'unknown';
  readonly branches: readonly NextHop[];
  /** For `unknown`: what would settle it. */
  readonly missing?: Missing;
}

export interface RouteEntry {
  readonly origin: Origin;
  readonly match: Match;
  readonly next: NextHop;
  /** Compared element by element, smaller is better; the reader knows its provider's order (tier, minus prefix length ...). */
  readonly rank: readonly number[];
  /** "10.0.0.0/16 -> local". */
  readonly text: string;
  /** The provider's id of what the route leads to, for entries that a fix may add. */
  readonly target?: string;
  /** Set when the destinations are not in the snapshot; the entry may then match anything inside `match`. */
  readonly unresolved?: Missing;
}

/** A ranked first-match list; entries of equal rank that overlap form a fork. */
export interface RouteTable {
  readonly id: string;
  readonly origin: Origin;
  readonly entries: readonly RouteEntry[];
  /** What equal ranks mean. Default "any". */
  readonly ties?: 'any' | 'unknown';
  /** Blocker code when nothing matches. Default "no-route". */
  readonly code?: string;
  /**
   * Entries that could be added to mend a missing route, best first, each with the rank that it would have: the repair loop
   * tries them.
   */
  readonly possible?: () => readonly RouteEntry[];
}

/** A broadcast domain or fabric: it knows who owns which address. */
export interface Link {
  readonly id: string;
  readonly origin: Origin;
  /** Disjoint, ascending by address: packets for these destinations enter by that interface. */
  readonly owners: readonly { readonly span: Span<bigint>; readonly in: string }[];
  /** What happens to a destination that nobody owns. */
  readonly unowned: NextHop;
}

/** How one side of a translation rewrites what opens a connection there. First matching rewrite decides. */
export interface TranslationSide {
  readonly rewrites: readonly Rewrite[];
  readonly otherwise: 'pass' | 'drop';
  readonly why: string;
  readonly code: string;
  /** Amendment that would mend what `otherwise` drops. */
  readonly mend?: string;
}

export interface Rewrite {
  readonly match?: readonly Match[];
  /** The new header may be any of these values: a free choice (a NAT's ports) means all of them. */
  readonly set?: {
    readonly src?: readonly Span<bigint>[];
    readonly dst?: readonly Span<bigint>[];
    readonly sport?: readonly Span[];
    readonly dport?: readonly Span[];
    readonly mark?: readonly Span[];
  };
  /** A table of 1:1 pairs for one address field; packets in no pair are not rewritten by this line. */
  readonly pairs?: {
    readonly field: AddressField;
    readonly table: readonly { readonly from: bigint; readonly to: bigint; readonly origin?: Origin }[];
  };
}

/**
 * A header rewrite with two sides. Crossing outward applies `outward` to a new connection and undoes `inward` for a
 * reply; crossing inward the reverse. A side that is absent opens no connections there: stateful drops the packet if it is
 * addressed to `owns`, else passes it on unchanged.
 */
export interface Translation {
  readonly id: string;
  readonly origin: Origin;
  /** Stateful ones know their sessions; stateless ones map every packet, replies too. */
  readonly memory: 'stateful' | 'stateless';
  readonly outward?: TranslationSide;
  readonly inward?: TranslationSide;
  /** Addresses that the translation answers for; unsolicited packets to them are dropped when `inward` is absent. */
  readonly owns?: readonly Span<bigint>[];
}

/** One thing that happens at an interface, to packets that come in by it or go out by it. */
export type InterfaceStep =
  | { readonly at: 'in' | 'out'; readonly filter: string }
  | { readonly at: 'in' | 'out'; readonly translation: string; readonly side: 'outward' | 'inward' };

/** An address of an interface; `public` is the outside address of its 1:1 mapping. */
export interface InterfaceAddress {
  readonly address: bigint;
  readonly public?: bigint;
  readonly primary?: boolean;
}

/** Where a node meets a link: addresses and ONE ordered list of steps. */
export interface Interface {
  readonly id: string;
  readonly origin: Origin;
  readonly node: string;
  /** Single addresses, primary first. */
  readonly addresses: readonly InterfaceAddress[];
  /** Delegated prefixes that it also answers for. */
  readonly prefixes?: readonly Span<bigint>[];
  /** Addresses of balancers for which it takes packets too, unchanged: it is not known by them. */
  readonly serves?: readonly Span<bigint>[];
  readonly steps: readonly InterfaceStep[];
  /**
   * Route table for packets in hand at this interface: those that entered a router by it, those that an endpoint sends by it.
   */
  readonly table?: string;
  readonly assumes?: readonly Assumption[];
}

/**
 * `endpoint` accepts what is addressed to one of its interfaces; `router` routes; `outside` accepts everything that its
 * table calls local and may answer by any of its interfaces; `relay` ends a connection and opens others.
 */
export interface Node {
  readonly id: string;
  readonly origin: Origin;
  readonly role: 'endpoint' | 'router' | 'outside' | 'relay';
  readonly interfaces: readonly string[];
  /** An endpoint that forwards what is not addressed to it, by the table of the interface that it came in by. */
  readonly forwards?: boolean;
  /** Why an endpoint does not forward: blocker of what is addressed to somebody else. */
  readonly refuses?: { readonly why: string; readonly code: string; readonly mend?: string };
  /**
   * Why it opens no connection of its own: blocker of everything that starts there. It is a destination like others, also
   * where it is a router: a balancer that passes on what it is sent is asked about, a router that is not silent is not.
   */
  readonly silent?: string;
  /** A resource state that decides (stopped): blocker of everything from and to it. */
  readonly down?: { readonly why: string; readonly code: string; readonly mend?: string; readonly whyNoMend?: string };
  readonly relay?: Relay;
  readonly assumes?: readonly Assumption[];
}

/** Ends connections on its listeners and opens a second one to a backend. */
export interface Relay {
  readonly listeners: readonly Listener[];
}

export interface Listener {
  readonly origin: Origin;
  readonly match: readonly Match[];
  readonly choose: 'any' | 'one-works' | 'unknown';
  readonly backends: readonly Backend[];
  /** The relay itself answers some of what it takes (redirects, fixed responses). */
  readonly answers?: true;
  /**
   * Blocker when there is no backend at all and the relay does not answer itself; `owners` share the blame (default: the
   * relay), `mend` is an amendment.
   */
  readonly empty: {
    readonly why: string;
    readonly code: string;
    readonly owners?: readonly Origin[];
    readonly mend?: string;
  };
  /** Set when some or all backends are not in the snapshot. */
  readonly unresolved?: Missing;
}

export interface Backend {
  readonly origin: Origin;
  /** Backends of one pool stand in for each other; of several pools each must work. Absent: all are one pool. */
  readonly pool?: string;
  /** The relay's interfaces that may open the connection; all of them must work. */
  readonly from: readonly string[];
  readonly protocol: number;
  readonly address: bigint;
  readonly port: number;
  /** Source ports of the relay. */
  readonly sports: readonly Span[];
  readonly down?: Assumption;
}

/** Anything that a question may name: instance, interface, subnet, group, balancer. */
export interface Place {
  readonly id: string;
  readonly origin: Origin;
  /** Every other word for it: Name tag, ARN, DNS names. Case matters as it does for the provider. */
  readonly aliases: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  /** The interfaces that it stands for, lowest index first. */
  readonly interfaces: readonly string[];
  /** A place that stands for several others (subnet, group, tag); each member is asked for itself. */
  readonly members?: readonly string[];
  /** A place that is the same thing as another (an instance's interface): not an ambiguity. */
  readonly partOf?: string;
  /** Other words, each asked for itself, where the place is but a name for them (a DNS name for addresses). */
  readonly standsFor?: readonly string[];
  /** Set where the snapshot does not hold the interfaces: then a question about the place has no answer. */
  readonly unresolved?: Missing;
}

/**
 * A machine of one interface that its reader can tell without making any of its parts. Those of one `template` are made alike:
 * their interfaces, nodes and filters differ in nothing but ids, origins, names, tags and addresses. Each filter remembers for
 * itself, nothing is translated, and no packets are forwarded.
 */
export interface Host {
  readonly interface: string;
  /** What people ask for: the place of the machine, or of the interface where it is all that there is. */
  readonly place: string;
  readonly name?: string | undefined;
  readonly addresses: readonly InterfaceAddress[];
  readonly prefixes: readonly Span<bigint>[];
  readonly template: string;
}

/** Parts of a network that stand in for the ones of the same id. */
export interface Puts {
  readonly nodes?: readonly Node[];
  readonly interfaces?: readonly Interface[];
  readonly filters?: readonly Filter[];
  readonly tables?: readonly RouteTable[];
  readonly links?: readonly Link[];
  readonly translations?: readonly Translation[];
}

/**
 * A change of something other than a filter's rules or a table's routes: start it, switch a check off, give it a public
 * address. Drops name the amendment that would mend them (`mend`).
 */
export interface Amendment {
  readonly id: string;
  /** What is changed. */
  readonly origin: Origin;
  /** "SourceDestCheck", "state". */
  readonly attribute: string;
  readonly to: string;
  /** "switch the source/destination check of nic-1 off". */
  readonly text: string;
  /**
   * Public addresses that it brings along, disjoint and ascending; stand-ins, where only the provider will choose them. While
   * it is laid over the network they are somebody's, and no longer what "internet" means.
   */
  readonly publicAddresses?: readonly Span<bigint>[];
  /** What stands there then, over a network that may hold other amendments already. */
  readonly puts: (under: Network) => Puts;
}

/** A network that answers by id and builds what it is asked for. Unknown ids give undefined. */
export interface Network {
  node(id: string): Node | undefined;
  interface(id: string): Interface | undefined;
  filter(id: string): Filter | undefined;
  /** Says that a filter will hardly be asked for again: who looks at those of every machine need not have all of them kept. */
  releaseFilter?(id: string): void;
  table(id: string): RouteTable | undefined;
  link(id: string): Link | undefined;
  translation(id: string): Translation | undefined;
  set(id: string): AddressSet | undefined;
  amendment(id: string): Amendment | undefined;
  place(id: string): Place | undefined;
  /** Ids of all places, in the order of their definition. */
  placeIds(): Iterable<string>;
  /** Some of the machines, or all: whoever looks at everything need not make those that are like one that it has seen. */
  hosts?(): Iterable<Host>;
  /** Ids that carry this word as id, name or alias. */
  placesNamed(word: string): readonly string[];
  /** The interface ids that own an address; several where address spaces overlap. */
  ownersOf(address: bigint): readonly string[];
  /** The public addresses that things of this network own, ascending and disjoint. */
  publicAddresses(): readonly Span<bigint>[];
  /** Addresses that stand for public ones which are not known. */
  standIns(): readonly StandIn[];
  /**
   * Where a host with an address that no interface owns would stand: hypothetically in a subnet, or outside (internet,
   * behind a hybrid link). Empty when it is nowhere; several where address spaces overlap.
   */
  standingsOf(address: bigint): readonly Standing[];
  /** Whoever asks has everything looked at that no question needed so far. */
  readonly notes: readonly Note[];
  /** Documents that can't both be true; a question over them has no answer. */
  readonly contradictions: readonly ContradictionError[];
}

/** A place where a host could stand. */
export interface Standing {
  readonly origin: Origin;
  /** The interface that its packets start at and its replies must reach. */
  readonly interface: string;
  /** What has to be laid over the network for a hypothetical host; absent for an outside, which is there already. */
  readonly adds?: { readonly node: Node; readonly interface: Interface; readonly link: string };
}
