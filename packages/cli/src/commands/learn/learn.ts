import type { CommandGroup } from '../../command-group.js';

export const learn: CommandGroup = {
  name: 'learn',
  about: `What a workload does is learnt while an agent runs: programs, files, network, capabilities, system calls, handles of
the kernel; merged over its containers and kept on the disk. A policy that denies everything else is made of it.

A WORKLOAD is a container's name (\`web\`, with * and ?), NAMESPACE/NAME of Kubernetes, or parts that must all hold:
image=…, name=…, namespace=…, pod=…, digest=…, runtime=…, id=…, label.NAME=…, separated by commas.`,
  actions: {
    start: {
      summary: 'begin to learn a workload, or go on with one',
      load: async () => (await import('./start.js')).start,
    },
    status: {
      summary: 'how much is known of a workload, and how well',
      load: async () => (await import('./status.js')).status,
    },
    list: { summary: 'workloads and their state', load: async () => (await import('./list.js')).list },
    show: {
      summary: 'all that was seen; the policy made of it and what is behind each line',
      load: async () => (await import('./show.js')).show,
    },
    stop: {
      summary: 'end learning and keep what was learnt',
      load: async () => (await import('./stop.js')).stop,
    },
    from: {
      summary: 'learn from recordings and captures',
      load: async () => (await import('./from.js')).from,
    },
    delete: {
      summary: 'forget what was learnt',
      load: async () => (await import('./delete.js')).deleteProfile,
    },
  },
};
