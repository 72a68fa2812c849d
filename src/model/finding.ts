/** Codes with their meaning, and the contract between a provider and the rest: what a reader offers besides the graph. */
import type { NetworkBuilder } from './builder.ts';
import type { Change, ChangeSteps } from './change.ts';
import type { EstateFacts } from './facts.ts';
import type { Network } from './network.ts';
import type { Question } from './query.ts';
import type { Answer, Gotcha, Severity } from './results.ts';
import type { Missing } from './origin.ts';

/** What `netaudit explain CODE` prints. Codes are kebab-case and never change once published. */
export interface CodeInfo {
  readonly code: string;
  readonly kind: 'blocker' | 'gotcha' | 'missing' | 'assumption' | 'policy';
  readonly severity: Severity;
  readonly title: string;
  /** What it means and why people trip over it. */
  readonly why: string;
  readonly fix: string;
  /** The provider's page the rule comes from. */
  readonly source: string;
  /** The provider's own explanation codes for the same thing, where there are any. */
  readonly aliases?: readonly string[];
  /** The policy that judges the same by its effect: where it is run, the trap is not told besides. */
  readonly policy?: string;
  /** Items of benchmarks that ask for the same. */
  readonly benchmarks?: readonly string[];
}

/** What a gotcha may look at: one question and its answer, read only. */
export interface GotchaContext {
  readonly network: Network;
  readonly question: Question;
  readonly answer: Answer;
}

/** The documents a provider is given; the snapshot room's documents fit. */
export interface ProviderDocument {
  readonly provider: string;
  readonly kind: string;
  readonly file: string;
  readonly pointer: string;
  readonly records: readonly unknown[];
  readonly request?: Readonly<Record<string, unknown>>;
  readonly scope: { readonly account?: string; readonly region?: string; readonly project?: string };
  readonly askedNone?: boolean;
  /** The answer was cut off: there is more than the document holds. */
  readonly incomplete?: true;
  /** ISO 8601, where the document says when it was taken. */
  readonly collectedAt?: string;
  /** Where record `index` stands when that is not `pointer/index`. */
  readonly placeOf?: (index: number) => string;
}

/** A provider's reading of the documents, after it filled the builder. */
export interface ProviderView {
  gotchas(context: GotchaContext): readonly Gotcha[];
  /** How people make a change of one of this provider's resources: console, command line, Terraform. */
  stepsOf?(change: Change): ChangeSteps | undefined;
  /** Who owns an interface, as this provider tells owners apart: an account, a project, a subscription. */
  accountOf?(interfaceId: string): string | undefined;
  /** The region that an interface is in, in the provider's own words. */
  regionOf?(interfaceId: string): string | undefined;
  /** Groups, ranges and joints; worked out when asked for. */
  facts?(): EstateFacts;
  /** What `inspect` lists as missing, whatever the question. */
  readonly missing: readonly Missing[];
}

export interface Provider {
  readonly name: string;
  readonly codes: readonly CodeInfo[];
  /** Fills the builder; bad records become notes there, never exceptions. */
  read(documents: readonly ProviderDocument[], builder: NetworkBuilder): ProviderView;
}
