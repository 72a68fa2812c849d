/** The provider plugin of Google Cloud: one file a family of resource types. */
import type { Plugin } from '../family.ts';
import { connectivityFamily } from './connectivity.ts';
import { firewallFamily } from './firewall.ts';
import { instanceFamily } from './instance.ts';
import { loadBalancerFamily } from './load-balancer.ts';
import { networkFamily } from './network.ts';
import { routeFamily } from './route.ts';
import { secureTagFamily } from './secure-tag.ts';

export const googlePlugin: Plugin = {
  provider: 'gcp',
  prefix: 'google_',
  families: [
    networkFamily,
    firewallFamily,
    routeFamily,
    instanceFamily,
    loadBalancerFamily,
    secureTagFamily,
    connectivityFamily,
  ],
  unmodelled:
    /^google_(container_(cluster|node_pool)|sql_database_instance|vpc_access_connector|network_connectivity_(gateway|regional)|compute_(service_attachment|packet_mirroring|security_policy)|network_security_|network_services_|cloud_run|redis_|memcache_|filestore_|alloydb_|dataproc_)/,
};
