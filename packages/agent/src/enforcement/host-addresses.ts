import { namespaceId } from '@runward/sensor';
import { addressesOf } from '../flows/process-facts.js';
import type { AddressSource } from './peers.js';

const hostNetwork = namespaceId(1, 'net');

/** As `/proc` tells. */
export const hostAddresses: AddressSource = {
  of: addressesOf,
  isHosts: (pid) => namespaceId(pid, 'net') === hostNetwork,
};
