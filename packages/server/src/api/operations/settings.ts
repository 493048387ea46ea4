import { z } from 'zod';
import { type Operation, operation } from '../operation.js';

/** How this server was started, as far as people have to know it. */
export interface ShownSettings {
  readonly version: string;
  readonly keepMs: number;
  readonly fourEyes: boolean;
  readonly provider: { readonly name: string; readonly issuer: string } | null;
  /** SHA-256 of the certificate of its authority. */
  readonly authority: string;
  /** Where agents reach it. */
  readonly linkPort: number;
}

export function settingsOperations(settings: ShownSettings): readonly Operation[] {
  return [
    operation(
      {
        ...{ id: 'getSettings', method: 'GET', path: '/settings', tag: 'settings', access: 'read' },
        summary: 'How this server was started; changed by its options and files alone',
        answer: z
          .object({
            version: z.string(),
            keepMs: z.number().describe('what nodes told is forgotten after so long'),
            fourEyes: z.boolean().describe('nobody approves what they wrote themselves'),
            provider: z.object({ name: z.string(), issuer: z.string() }).nullable(),
            authority: z.string().describe('SHA-256 of the certificate of its authority'),
            linkPort: z.number().describe('where agents reach it'),
          })
          .meta({ id: 'Settings' }),
      },
      async () => settings,
    ),
  ];
}
