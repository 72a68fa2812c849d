/** Why an answer is undetermined, by the kind of thing that the snapshot does not hold. */
import type { GotchaRule } from './rule.ts';
import { UG, trap } from './rule.ts';

const unknown = (code: string, what: RegExp, title: string, why: string, fix: string): GotchaRule =>
  trap({ code, severity: 'info', title, why, fix, source: `${UG}how-it-works.html` }, ({ answer }) =>
    answer.missing
      // What another cloud's command would fetch is another cloud's.
      .filter(({ what: text, fetch }) => what.test(text) && !/^(?:az|gcloud) /.test(fetch ?? ''))
      .slice(0, 1)
      .map((missing) => ({
        resource: /\b[a-z-]+-[0-9a-f]{3,}\b/.exec(missing.what)?.[0] ?? answer.query.dst.id,
        message:
          `${missing.what} ${missing.what.includes('not in the snapshot') ? '' : 'is not in the snapshot'}`.trim(),
      })),
  );

export const UNKNOWN_GOTCHAS: readonly GotchaRule[] = [
  unknown(
    'unknown-peer-vpc',
    /peer|other end of pcx/i,
    'The other side of a peering is not known',
    'The peer belongs to another account or Region that was not collected.',
    "Collect the peer's VPC, route tables and groups too.",
  ),
  unknown(
    'unknown-prefix-list',
    /prefix list/i,
    'The entries of a prefix list are not known',
    'describe-managed-prefix-lists names lists without their entries.',
    'Fetch the entries with get-managed-prefix-list-entries.',
  ),
  unknown(
    'unknown-tgw-routes',
    /transit gateway|tgw-/i,
    'Routes of a transit gateway are not known',
    'Routes are in the tables of the account that owns the gateway.',
    'Run search-transit-gateway-routes for every table, in the owner account.',
  ),
  unknown(
    'unknown-core-network',
    /core[- ]network|cloud wan/i,
    'Cloud WAN is not modelled',
    'What a core network does with packets is decided by its policy.',
    'Check the segments by hand.',
  ),
  unknown(
    'unknown-appliance',
    /appliance|firewall|inspection|route target/i,
    'What an appliance does with packets is not known',
    "A third-party machine's rules are not in the cloud's own description.",
    'Check the appliance by hand.',
  ),
];
