/** What the parts of a subnet are called in the network, for the subnet itself and for whoever routes to or through it. */

/** Link on which neighbours of a subnet meet. */
export const lan = (subnet: string) => `lan:${subnet}`;
/** Link that joins the subnets of a VPC. */
export const fabric = (vpc: string) => `fabric:${vpc}`;
/** Table of what a host of the subnet does with a packet. */
export const uplink = (subnet: string) => `uplink:${subnet}`;
/** The router's interface towards its hosts. */
export const hostsDoor = (subnet: string) => `${subnet}#hosts`;
/** The router's interface towards the rest of the VPC: the border where the ACL stands. */
export const vpcDoor = (subnet: string) => `${subnet}#vpc`;
/** Interface by which packets for one particular target enter the subnet. */
export const doorTo = (subnet: string, target: string) => `${subnet}#to:${target}`;
/** The subnet's route table. */
export const tableOf = (subnet: string) => `routes:${subnet}`;
/** Interface by which packets for VPC Lattice leave the subnet. */
export const latticeDoor = (subnet: string) => `${subnet}#lattice`;
