import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { HealthPlace } from '@runward/agent/health';
import { type OptionSpec, type Parsed, UsageError } from './command.js';

export const METRICS_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  metrics: {
    type: 'string',
    value: 'ADDRESS:PORT',
    doc: 'serve /metrics for Prometheus and /healthz there, such as 127.0.0.1:9465',
  },
  'metrics-cert': {
    type: 'string',
    value: 'FILE',
    doc: 'certificate (PEM), which addresses of a network need',
  },
  'metrics-key': { type: 'string', value: 'FILE', doc: 'its key (PEM)' },
};

/** undefined: nobody asked for it. */
export function metricsPlace(args: Parsed): HealthPlace | undefined {
  const text = args.text('metrics');
  const [cert, key] = [args.text('metrics-cert'), args.text('metrics-key')];
  if (text === undefined) {
    if (cert === undefined && key === undefined) return undefined;
    throw new UsageError('the address of the metrics is missing', 'give it with `--metrics 127.0.0.1:9465`');
  }
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  if (isIP(host) === 0 || !(port >= 0 && port <= 65_535))
    throw new UsageError(
      `\`--metrics ${text}\` is no address with a port`,
      'write `127.0.0.1:9465` or `[::1]:9465`',
    );
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError(
      'certificate and key belong together',
      'give both `--metrics-cert` and `--metrics-key`',
    );
  const tls =
    cert === undefined || key === undefined ? undefined : { cert: readPem(cert), key: readPem(key) };
  if (tls === undefined && !/^127\.|^::1$/.test(host))
    throw new UsageError(
      `\`${host}\` is an address of a network, and there is no certificate`,
      'use 127.0.0.1, or give `--metrics-cert` and `--metrics-key`',
    );
  return { host, port, tls };
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`\`${path}\` cannot be read: ${why}`, 'check that the file exists and may be read');
  }
}
