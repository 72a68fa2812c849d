/**
 * Interfaces of the snapshot with what the plan binds to them and takes from them: groups, elastic addresses, machines.
 * Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/network_interface_sg_attachment,
 * .../eip_association, .../network_interface_attachment
 */
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, block, blocks, distinct, filled, number, text } from '../values.ts';
import { elasticAddressOf, elasticAddressesEver } from './elastic-address.ts';

const GROUP = 'aws_network_interface_sg_attachment';
const ATTACHMENT = 'aws_network_interface_attachment';

/** The record of an interface of the snapshot, where the plan changes it. */
export function amendedInterface(side: Side, { id }: Resource, existing: Json): Json[] {
  const isMine = ({ values }: Resource) => text(values, 'network_interface_id') === id;
  const [groups, attachments] = [side.either(GROUP).filter(isMine), side.either(ATTACHMENT).filter(isMine)];
  const attachment = attachments.length === 0 ? block(existing, 'Attachment') : attachmentNow(side, id);
  const [old, machine] = [block(existing, 'Attachment'), text(attachment, 'InstanceId')];
  const isFirst = (number(attachment, 'DeviceIndex') ?? 0) === 0;
  const ever = elasticAddressesEver(side, [id, ...(isFirst ? [text(old, 'InstanceId'), machine] : [])]);
  if (groups.length + attachments.length + ever.count === 0) return [];
  side.amended.add(id);
  const mirrored = new Set(groups.flatMap(({ values }) => text(values, 'security_group_id') ?? []));
  const kept = blocks(existing, 'Groups').filter((one) => !mirrored.has(text(one, 'GroupId') ?? ''));
  const attached = side
    .naming(GROUP, 'network_interface_id', id)
    .flatMap(({ values }) => text(values, 'security_group_id') ?? []);
  const addresses = blocks(existing, 'PrivateIpAddresses').map(({ Association, ...address }) => {
    const inside = text(address, 'PrivateIpAddress') ?? '';
    const isPrimary = address['Primary'] === true;
    const PublicIp = elasticAddressOf(side, {
      instance: isFirst && isPrimary ? machine : undefined,
      eni: id,
      inside,
      isPrimary,
    });
    const stays = ever.addresses.has(text(Association as Values, 'PublicIp') ?? '') ? undefined : Association;
    return filled({ ...address, Association: PublicIp === undefined ? stays : { PublicIp } });
  });
  const { Association: _, Attachment: __, ...rest } = existing;
  return [
    filled({
      ...rest,
      Association: addresses.find((one) => one['Primary'] === true)?.['Association'],
      PrivateIpAddresses: addresses,
      Groups: [...kept, ...distinct(attached).map((GroupId) => ({ GroupId }))],
      Attachment: attachment,
      Status: attachment === undefined ? 'available' : existing['Status'],
    }),
  ];
}

function attachmentNow(side: Side, eni: string): Values | undefined {
  const [link] = side.naming(ATTACHMENT, 'network_interface_id', eni);
  if (link === undefined) return undefined;
  return { InstanceId: text(link.values, 'instance_id'), DeviceIndex: number(link.values, 'device_index') ?? 1 };
}
