/**
 * Passthrough balancers and protocol forwarding: any living member gets the packet as it is and answers from the
 * balancer's address, straight to the client.
 * Sources: https://docs.cloud.google.com/load-balancing/docs/passthrough-network-load-balancer,
 * https://docs.cloud.google.com/load-balancing/docs/internal/failover-overview
 */
import type { NextHop } from '../../../model/network.ts';
import { type Origin, nameOf } from '../../../model/origin.ts';
import type { Estate } from '../estate.ts';
import { flag, object, text } from '../record.ts';
import { type Backends, type Member, isMissing } from './backend-service.ts';
import { type RuleFacts, door } from './forwarding-rule.ts';

/** Says whether the probes of a backend service get to a member. */
export type Probed = (member: Member) => boolean;

/** Where a passthrough rule leads (worked out when first asked for), and everybody who may serve it. */
export interface Passthrough {
  readonly next: () => NextHop;
  readonly members: readonly Member[];
}

export function passthroughOf(estate: Estate, backends: Backends, rule: RuleFacts, isProbed: Probed): Passthrough {
  const { origin } = rule.entry;
  const found = backends.ofPassthrough(rule.entry, rule.target);
  if (isMissing(found)) return { next: () => ({ to: 'missing', what: found, by: origin }), members: [] };
  const { members } = found;
  let known: NextHop | undefined;
  return { next: () => (known ??= toLiving(estate, members, rule, isProbed)), members };
}

/** Straight to the living members: those whose probes get through; where none does, to all primaries. */
function toLiving(estate: Estate, members: readonly Member[], { entry }: RuleFacts, isProbed: Probed): NextHop {
  const { origin, record } = entry;
  if (members.length === 0)
    return { to: 'drop', code: 'gcp-lb-no-backend', why: `${nameOf(origin)} has no member`, by: origin };
  const primaries = members.filter(({ isBackup }) => !isBackup);
  const isAlive = (member: Member) =>
    member.health !== 'UNHEALTHY' && isRunning(member) && (member.health === 'HEALTHY' || isProbed(member));
  const alive = primaries.filter(isAlive);
  const backups = alive.length > 0 ? [] : members.filter((member) => member.isBackup && isAlive(member));
  const service = estate.inventory.get('backendService', text(record, 'backendService'));
  if (
    alive.length === 0 &&
    backups.length === 0 &&
    flag(object(service?.record, 'failoverPolicy'), 'dropTrafficIfUnhealthy')
  )
    return {
      to: 'drop',
      code: 'gcp-lb-health-check-blocked',
      why: `no member of ${nameOf(origin)} is healthy, and its failover policy drops traffic then`,
      by: origin,
    };
  const chosen = alive.length > 0 ? alive : backups.length > 0 ? backups : primaries.length > 0 ? primaries : members;
  return toEach(chosen);
}

function isRunning({ nic }: Member): boolean {
  return [undefined, 'RUNNING'].includes(text(nic.instance.record, 'status'));
}

function toEach(members: readonly Member[]): NextHop {
  const doors = [...new Set(members.map(({ nic }) => nic.id))];
  return { to: 'fork', choose: 'any', branches: doors.map((id) => ({ to: 'hop', in: id })) };
}

/**
 * The door of a passthrough rule. The address stays what it is; that it crossed the balancer is remembered, and undone when a
 * member answers.
 */
export function definePassthrough(estate: Estate, rule: RuleFacts, { next }: Passthrough): void {
  const { builder } = estate;
  const { entry, address, match } = rule;
  const { id } = entry;
  const origin: Origin = entry.origin;
  builder.node(id, () => ({
    id,
    origin,
    role: 'router',
    interfaces: [door(id)],
    silent: 'it only passes on what it is sent',
  }));
  builder.interface(door(id), () => ({
    id: door(id),
    origin,
    node: id,
    addresses: [{ address }],
    steps: [{ at: 'in', translation: id, side: 'inward' }],
    table: `${id}#table`,
  }));
  builder.table(`${id}#table`, () => ({
    id: `${id}#table`,
    origin,
    code: 'gcp-forwarding-rule-mismatch',
    entries: [{ origin, match, next: next(), rank: [0], text: `to the members of ${entry.name}` }],
  }));
  builder.translation(id, () => ({
    id,
    origin,
    memory: 'stateless',
    inward: {
      rewrites: [{ match: [match], set: { dst: [[address, address + 1n]] } }],
      otherwise: 'pass',
      code: '',
      why: '',
    },
  }));
}
