import { z } from 'zod';

const text = z.string().max(512).default('');

/** Sections of a policy, as a node tells them; a server takes those of later versions too. */
const section = z.string().max(64);
export const POLICY_MODES = ['off', 'learn', 'monitor', 'protect'] as const;
export type PolicyMode = (typeof POLICY_MODES)[number];

/** The body of a `container` record. */
export const containerBodySchema = z.object({
  event: z.enum(['met', 'running', 'ended']),
  ...{ id: text, name: text, runtime: text, image: text, imageDigest: text, pod: text, namespace: text },
  /** With its namespace; '' of agents that did not tell it. */
  workloadName: text,
  privileged: z.boolean().nullable().default(null),
  hostNetwork: z.boolean().nullable().default(null),
  hostPid: z.boolean().nullable().default(null),
  startedMs: z.number().min(0).optional(),
  /** Of `running`: policies that select it, their strictest mode by section, and why one is not enforced. */
  policies: z.array(z.string().max(512)).max(10_000).optional(),
  modes: z.record(section, z.enum(POLICY_MODES)).optional(),
  problems: z.record(section, z.string().max(4096)).optional(),
  learning: z.boolean().optional(),
});
export type ContainerBody = z.infer<typeof containerBodySchema>;
