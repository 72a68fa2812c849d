/** The machines of the internet, all in one namespace: it owns what nobody in the snapshot does and sends the rest home. */
import type { Host, Plan, Space } from './plan.ts';

const INTERNET: Host = {
  id: 'internet',
  addresses: ['203.0.113.5', '203.0.113.77', '198.51.100.9', '2001:db8:77::5'],
  publics: [],
};

export function internetOf(plan: Plan): Space {
  const internet = plan.machine(INTERNET);
  for (const address of INTERNET.addresses) internet.address(address, 'lo');
  // Silence for what has no owner: an ICMP error would be one more packet, which no snapshot speaks of.
  for (const range of ['0.0.0.0/0', '::/0']) internet.route('main', range, 'blackhole');
  internet.chain('forward', 'type filter hook forward priority 0;', []);
  return internet;
}
