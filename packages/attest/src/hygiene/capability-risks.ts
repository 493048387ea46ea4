/** Capabilities that let a container reach beyond itself, and how (capabilities(7)). */
export const RISKY_CAPABILITIES: Readonly<Record<string, string>> = {
  CAP_SYS_ADMIN: 'may mount, change namespaces and much else: nearly root on the host',
  CAP_SYS_MODULE: 'may load kernel modules',
  CAP_SYS_PTRACE: 'may read and change other processes it can see',
  CAP_SYS_RAWIO: 'may access hardware and memory directly',
  CAP_SYS_BOOT: 'may reboot the host',
  CAP_SYS_TIME: "may set the host's clock",
  CAP_DAC_READ_SEARCH: 'may open any file by handle, outside its root too',
  CAP_NET_ADMIN: 'may change network configuration',
  CAP_BPF: 'may load kernel programs',
  CAP_PERFMON: 'may trace the kernel',
  CAP_SYSLOG: 'may read kernel addresses from the log',
  CAP_MAC_ADMIN: 'may change mandatory access control policy',
  CAP_LINUX_IMMUTABLE: 'may make files unchangeable',
};
