import type { Tactic } from '@runward/core';

export interface StageText {
  readonly means: string;
  readonly check: string;
  readonly act: string;
}

/** What a stage of an attack means in a container, and what is done about it. */
export const STAGE_TEXTS: Readonly<Record<Tactic, StageText>> = {
  initial_access: {
    means: 'Something from outside came to act inside the container: mostly through the service it offers.',
    check:
      'The access log of the service at the time of the first entry: which request, from where, as whom.',
    act: 'Isolate the container, block the source, patch or take down what was exploited.',
  },
  execution: {
    means: 'Programs or commands ran that the workload does not run by itself.',
    check: 'The command line and what started it; an operator with a reason, or nobody who is known.',
    act: 'If nobody explains it, isolate the container and capture it before it is ended.',
  },
  persistence: {
    means: 'Something was put where it survives the end of the process that put it there.',
    check:
      'Whether the place is part of the container or of a mount that outlives it or belongs to the node.',
    act: 'Start the workload anew from its image; clean mounts it shares, and look for the same in other containers.',
  },
  privilege_escalation: {
    means:
      'A process got, or tried to get, more rights than the workload was given: up to those of the node.',
    check:
      'Whether it succeeded: user and capabilities in the process tree, what happened next, the kernel log.',
    act: 'If it may have succeeded, treat the node as lost: drain it, capture, rebuild. Take the right from the workload.',
  },
  defense_evasion: {
    means: 'Traces or protections were removed, or a program was made to look like something else.',
    check:
      'What happened just before; recordings and the log of another machine rather than files in the container.',
    act: 'Capture now: what is left may go next. Trust no tool inside the container.',
  },
  credential_access: {
    means: 'Passwords, keys or tokens were read by something they are not meant for.',
    check:
      'Which secrets the container holds, and where they were used since (audit log of provider and API server).',
    act: 'Revoke and renew what was read; isolation alone does not help against a secret that has left.',
  },
  discovery: {
    means: 'Somebody finds out where they are: services, accounts, the node, the cluster.',
    check:
      'What was found: which ports answered, which names were listed. It is mostly followed by something else.',
    act: 'Watch for the next stage, and restrict what the workload can reach and ask.',
  },
  lateral_movement: {
    means: 'The container was used to reach other machines, pods or the control of the cluster.',
    check: 'The other end: its log at that time, and incidents of the workloads there.',
    act: 'Isolate this container and those that were reached; revoke the credentials that opened them.',
  },
  collection: {
    means: 'Data was gathered or packed, as before taking it away.',
    check: 'Which files, how much, and whether connections followed.',
    act: 'Isolate the container to keep it from leaving; keep the packed file as evidence.',
  },
  command_and_control: {
    means: 'The container talks to somebody who tells it what to do, or fetched tools from there.',
    check: 'The address: whose it is, which other containers talk to it, since when.',
    act: 'Isolate the container, block the address for all workloads, keep what was fetched.',
  },
  exfiltration: {
    means: 'Data left the container for a place it does not belong.',
    check: 'How much was sent (`runward flows`), and what the process had read before.',
    act: 'Isolate, block the address, find out whose data it was: others may have to be told.',
  },
  impact: {
    means: 'Resources were used up, or data was changed or destroyed.',
    check: 'What is gone or busy, and whether backups are out of the container’s reach.',
    act: 'End what does it, restore from before the first entry, close the way it came in.',
  },
};

/** Of detections whose rules name no stage. */
export const NO_STAGE: StageText = {
  means:
    'The workload did something it is not meant to do; which stage of an attack it would be is not known.',
  check: 'Whether the workload was changed of late, and whether all of its replicas do it.',
  act: 'If it is meant, say so with an exception; if not, find out what told it to.',
};
