/** What the parts of a random AWS estate know of each other while it is drawn. */
import type { Random } from '../random.ts';

export type Json = Record<string, unknown>;
export const OWNER = '111122223333';
export const REGION = 'eu-west-1';

export interface Subnet {
  readonly id: string;
  readonly vpc: Vpc;
  readonly zone: 'a' | 'b';
  /** The address without its last number: "10.0.1". */
  readonly net: string;
  readonly six: string | undefined;
  /** Only attachments of a transit gateway stand there. */
  readonly isQuiet: boolean;
}
export interface Vpc {
  readonly id: string;
  /** "10.0" of 10.0.0.0/16. */
  readonly net: string;
  readonly six: string | undefined;
  readonly subnets: Subnet[];
  readonly groups: readonly string[];
  readonly igw: string | undefined;
  readonly eigw: string | undefined;
}
/** An interface of a machine. */
export interface Card {
  readonly id: string;
  readonly instance: string;
  readonly subnet: Subnet;
  readonly address: string;
  readonly record: Json;
}
/** What rules, routes and services may name. */
export interface Estate {
  readonly r: Random;
  readonly vpcs: readonly Vpc[];
  readonly cards: readonly Card[];
  readonly lists: readonly string[];
}
