/**
 * Enforce: the kernel's enforcement. Loads the programs of bpf/enforce.bpf.c, pins them so that they outlive this
 * process, gives them compiled policies, binds containers to these, and reads their verdicts.
 *
 * @packageDocumentation
 */
export * from './layout.generated.js';
