/** What isolation does not cut off on this host, in words for the operator. */
export function isolationLimits(unixCalls: boolean): readonly string[] {
  const begun = unixCalls
    ? 'unix sockets: connections that others begin to a socket of the container, and datagrams they send to it, are not refused; such connections are ended within two seconds while an agent runs'
    : 'unix sockets: new connections in both directions are not refused (Linux 6.7 or newer refuses those the container begins); they are ended within two seconds while an agent runs';
  return [
    begun,
    'unix sockets at descriptors 0, 1 and 2 stay: they are how a runtime reads what the container prints',
    'packet sockets (AF_PACKET, which need CAP_NET_RAW) send and see frames past the programs of cgroups',
    'what the kernel itself answers for the network namespace (ping, a reset at a closed port) is still answered',
  ];
}
