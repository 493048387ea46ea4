/**
 * The modules of what acts on containers and answers commands. To load them keeps the main thread for a third of a
 * second, in which it cannot ask a runtime who a container is: so that is done while the sensor thread attaches, and
 * not when containers are met already.
 */
export async function loadHostModules() {
  const [policies, incidents, isolation, respond, evidence, control] = await Promise.all([
    import('@runward/agent/policies'),
    import('@runward/agent/incidents'),
    import('@runward/agent/isolation'),
    import('@runward/agent/respond'),
    import('../evidence-session.js'),
    import('../control-session.js'),
    import('@runward/agent/flows'),
  ]);
  return { ...policies, ...incidents, ...isolation, ...respond, ...evidence, ...control };
}

export type HostModules = Awaited<ReturnType<typeof loadHostModules>>;
