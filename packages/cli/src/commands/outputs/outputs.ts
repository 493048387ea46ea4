import type { CommandGroup } from '../../command-group.js';

export const outputs: CommandGroup = {
  name: 'outputs',
  about: `Detections go to other systems by \`runward run --outputs FILE\`. The file names them:

  outputs:
    - name: siem
      type: syslog
      address: tls://siem.example.org:6514
      ca: /etc/runward/siem-ca.pem
      minPriority: Warning
    - name: falcosidekick
      type: http
      url: http://127.0.0.1:2801

Types: file, syslog, http, otlp, nats, kafka, slack,
pagerduty. Formats: falco, runward, ocsf, ecs, cef, text. Each output has a
queue on the disk and its own pace: in order, at least once, tried again until it arrives. docs/outputs.md has every key.`,
  actions: {
    check: {
      summary: 'say what is wrong with a file of outputs',
      load: async () => (await import('./check.js')).check,
    },
    test: {
      summary: 'send each output one detection that says it is a test',
      load: async () => (await import('./test.js')).test,
    },
    status: {
      summary: 'what waits, was sent and was lost, of a running agent',
      load: async () => (await import('./status.js')).status,
    },
  },
};
