/** Codes that belong to no provider. */
import type { CodeInfo } from '../model/finding.ts';

const RFC = 'https://www.rfc-editor.org/rfc/rfc5735';
const code = (name: string, kind: CodeInfo['kind'], title: string, why: string, fix: string): CodeInfo => ({
  code: name,
  kind,
  severity: 'high',
  title,
  why,
  fix,
  source: RFC,
});

export const NEUTRAL_CODES: readonly CodeInfo[] = [
  code('no-route', 'blocker', 'No route matches', 'The table in use has no entry for the destination.', 'Add a route.'),
  code(
    'no-session',
    'blocker',
    'A stateful device does not know the connection',
    'Replies pass a stateful filter or translation only if it saw the request; a reply that takes another way, or a packet nobody asked for, is dropped.',
    'Make both directions take the same way.',
  ),
  code(
    'reply-to-wrong-host',
    'blocker',
    'The reply reaches another host',
    'The way back leads to a host with the same address, or to another network: overlapping address ranges.',
    'Renumber one of the networks, or make the route for the reply more specific.',
  ),
  code(
    'reply-from-wrong-address',
    'blocker',
    'The reply comes from an address that the client did not speak to',
    'The reply bypasses the device that translated the request, or is translated itself.',
    'Route the reply through the device that translated the request.',
  ),
  code(
    'wrong-host',
    'blocker',
    'Another host has the address here',
    'From where the packet starts, the address belongs to somebody else.',
    'Renumber, or ask for the host that is meant.',
  ),
  code(
    'routing-loop',
    'blocker',
    'The packet goes round in circles',
    'Routes send it back to where it has been.',
    'Remove one of the routes.',
  ),
  code(
    'not-its-address',
    'blocker',
    'The packet is not for this host',
    'A host that does not forward drops packets for others.',
    'Check the route that leads here.',
  ),
  code(
    'opens-no-connection',
    'blocker',
    'The source opens no connections',
    'A balancer that passes packets on, or an endpoint of a service, answers those who call it; nothing starts there.',
    'Ask about the machine that sends.',
  ),
  code(
    'no-listener',
    'blocker',
    'Nothing listens on this port',
    'A balancer answers only on the ports of its listeners.',
    'Add a listener.',
  ),
  code(
    'private-address-on-internet',
    'blocker',
    'The internet does not route private addresses',
    'The destination has no public address.',
    'Give it one, or reach it over a private network.',
  ),
  code(
    'too-many-connections',
    'blocker',
    'Too many relays one after another',
    'More than six proxies follow each other.',
    'Check for a balancer that targets itself.',
  ),
  code(
    'no-address-in-family',
    'blocker',
    'One end has no address of this family',
    'IPv4 and IPv6 are separate networks: a host with addresses of one can not speak to addresses of the other.',
    'Give it an address of that family, or ask for the other one.',
  ),
  code(
    'address-family-differs',
    'gotcha',
    'IPv4 and IPv6 give different answers',
    'Rules and routes for 0.0.0.0/0 say nothing of ::/0 and the other way round. Clients try IPv6 first, so one may hang while another works.',
    'Give both families the same rules and routes, or take away the addresses of the one that is not meant.',
  ),
  code(
    'intent-accept',
    'policy',
    'What must work does not',
    'An expectation of netaudit.yaml (accept) is not met: someone counts on this connection.',
    'Make the change that the finding names, or take the expectation back.',
  ),
  code(
    'intent-deny',
    'policy',
    'What must not work does',
    'An expectation of netaudit.yaml (deny) is not met: this connection was meant to be impossible.',
    'Narrow the rule that the finding names, or take the expectation back.',
  ),
  code(
    'internet-host-permits',
    'assumption',
    'A host on the internet is taken to permit',
    'No snapshot holds hosts of others.',
    'Use --strict to count such answers as undetermined.',
  ),
  code(
    'appliance-forwards-unchanged',
    'assumption',
    'An appliance is taken to forward unchanged',
    'What the guest of a forwarding instance does is not in the snapshot.',
    'Use --strict to count such answers as undetermined.',
  ),
];
