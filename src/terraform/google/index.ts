/** The provider plugin of Google Cloud: one file a family of resource types. */
import type { Plugin } from '../family.ts';
import { firewallFamily } from './firewall.ts';
import { instanceFamily } from './instance.ts';
import { loadBalancerFamily } from './load-balancer.ts';
import { networkFamily } from './network.ts';
import { routeFamily } from './route.ts';

export const googlePlugin: Plugin = {
  provider: 'gcp',
  prefix: 'google_',
  families: [networkFamily, firewallFamily, routeFamily, instanceFamily, loadBalancerFamily],
  unmodelled:
    /^google_(container_(cluster|node_pool)|sql_database_instance|vpc_access_connector|network_connectivity_(hub|spoke)|compute_(service_attachment|interconnect|packet_mirroring|security_policy)|network_security_|network_services_|tags_(location_)?tag_binding|cloud_run|redis_|memcache_|filestore_|alloydb_|dataproc_)/,
};
