/** Traps of links out of the cloud: VPN tunnels and what virtual private gateways write into route tables. */
import { contains } from '../../../net/spans.ts';
import { isPublic } from '../../../net/address.ts';
import { objects, text } from '../record.ts';
import { attachedVpc } from '../vpn-gateway.ts';
import { type GotchaRule, VPN, trap, trapOf } from './rule.ts';

export const HYBRID_GOTCHAS: readonly GotchaRule[] = [
  trap(
    {
      code: 'vpn-tunnels-down',
      severity: 'high',
      title: 'All tunnels of the VPN are reported down',
      why: 'Routes and rules are in place, but when the snapshot was taken no tunnel of the connection was up.',
      fix: 'Look at the tunnels in the console and at the customer gateway.',
      source: `${VPN}VPNTunnels.html`,
    },
    ({ answer }, { estate }) => {
      const path = new Set([...answer.forward.hops, ...answer.return.hops].map((hop) => hop.resource));
      const behind = answer.assumptions.filter(({ code }) => code === 'on-premises-permits').map((one) => one.resource);
      return estate.inventory.all('VpnConnections').flatMap(({ id, record }) => {
        const tunnels = objects(record, 'VgwTelemetry');
        const down = tunnels.length > 0 && tunnels.every((tunnel) => text(tunnel, 'Status') === 'DOWN');
        const gateway = text(record, 'VpnGatewayId') ?? '?';
        const used = [id, `${gateway}:on-premises`].some((one) => behind.includes(one)) || path.has(gateway);
        return down && used && (text(record, 'State') ?? 'available') === 'available'
          ? [{ resource: id, message: `all ${tunnels.length} tunnels of ${id} are reported down` }]
          : [];
      });
    },
  ),
  trapOf(
    { code: 'aws-no-route' },
    {
      code: 'vgw-propagation-off',
      severity: 'high',
      title: 'The table does not learn the routes to on-premises',
      why: 'A virtual private gateway writes its routes only into tables that have propagation switched on.',
      fix: 'Switch route propagation on for this table, or add the route.',
      source: `${VPN}SetUpVPNConnections.html`,
    },
    ({ resource, leg }, { question }, { estate }) => {
      const table = estate.inventory.get('RouteTables', resource);
      const vpc = text(table?.record ?? {}, 'VpcId');
      const gateway = estate.inventory.all('VpnGateways').find((one) => attachedVpc(one) === vpc);
      if (table === undefined || gateway === undefined) return undefined;
      const [far] = leg === 'forward' ? question.dstAddresses : question.srcAddresses;
      const isFar =
        far !== undefined &&
        !isPublic(far[0]) &&
        ![...estate.subnets.values()].some(({ cidrs }) => contains(cidrs, far[0]));
      const learns = objects(table.record, 'PropagatingVgws').some((one) => text(one, 'GatewayId') === gateway.id);
      const routed = objects(table.record, 'Routes').some((route) => text(route, 'GatewayId') === gateway.id);
      return isFar && !learns && !routed
        ? `${resource} has no route from ${gateway.id}: propagation is off for this table`
        : undefined;
    },
  ),
];
