/**
 * Peering connections. One between VPCs of one account and Region accepts itself where it says so; else an accepter does,
 * and until then it carries nothing.
 * Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/vpc_peering_connection
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, block, filled, flag, text } from '../values.ts';
import { tags } from './common.ts';

export const peeringFamily: Family = {
  types: ['aws_vpc_peering_connection', 'aws_vpc_peering_connection_accepter', 'aws_vpc_peering_connection_options'],
  read: (side) => [
    {
      kind: 'VpcPeeringConnections',
      records: [
        ...side.managed('aws_vpc_peering_connection').map((one) => peeringOf(side, one)),
        ...side
          .all('aws_vpc_peering_connection')
          .flatMap((one) => (one.existing === undefined ? [] : accepted(side, one, one.existing))),
        ...fromElsewhere(side),
      ],
    },
  ],
};

function peeringOf(side: Side, { id, values }: Resource): Json {
  const accepted =
    flag(values, 'auto_accept') === true ||
    side
      .naming('aws_vpc_peering_connection_accepter', 'vpc_peering_connection_id', id)
      .some((one) => flag(one.values, 'auto_accept') === true);
  const known = text(values, 'accept_status');
  return {
    VpcPeeringConnectionId: id,
    // An accepter that comes later makes it active, whatever it was when it was read.
    Status: { Code: accepted && known !== 'deleted' ? 'active' : (known ?? 'pending-acceptance') },
    RequesterVpcInfo: end(side, text(values, 'vpc_id'), undefined),
    AccepterVpcInfo: end(side, text(values, 'peer_vpc_id'), values),
    Tags: tags(values),
  };
}

/** A connection of the snapshot that the plan accepts. Taking the accepter away leaves it as it is. */
function accepted(side: Side, { id }: Resource, existing: Json): Json[] {
  const isAccepted = side
    .naming('aws_vpc_peering_connection_accepter', 'vpc_peering_connection_id', id)
    .some((one) => flag(one.values, 'auto_accept') === true);
  if (!isAccepted) return [];
  side.amended.add(id);
  const code = text(block(existing, 'Status'), 'Code');
  return [{ ...existing, Status: { Code: code === 'pending-acceptance' ? 'active' : code } }];
}

/** An accepter of what another account asked for. */
function fromElsewhere(side: Side): Json[] {
  const own = new Set(
    side
      .all('aws_vpc_peering_connection')
      .flatMap((one) => (one.instance.mode === 'managed' || one.existing !== undefined ? [one.id] : [])),
  );
  return side.managed('aws_vpc_peering_connection_accepter').flatMap(({ values }): Json[] => {
    const id = text(values, 'vpc_peering_connection_id');
    const [mine, theirs] = [text(values, 'vpc_id'), text(values, 'peer_vpc_id')];
    if (id === undefined || own.has(id) || mine === undefined || theirs === undefined) return [];
    return [
      {
        VpcPeeringConnectionId: id,
        Status: { Code: flag(values, 'auto_accept') === true ? 'active' : (text(values, 'accept_status') ?? 'active') },
        RequesterVpcInfo: end(side, theirs, values),
        AccepterVpcInfo: end(side, mine, undefined),
      },
    ];
  });
}

function end(side: Side, vpc: string | undefined, far: Values | undefined): Json {
  return filled({
    VpcId: vpc,
    CidrBlock: text(side.get(vpc)?.values, 'cidr_block'),
    Region: text(far, 'peer_region'),
    OwnerId: text(far, 'peer_owner_id'),
  });
}
