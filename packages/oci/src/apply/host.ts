/** What of this machine decides how a policy is put into a specification. */
export interface CreationHost {
  /** `process.arch`. */
  readonly architecture: string;
  /** Names of the loaded AppArmor profiles; undefined where AppArmor is not live. */
  readonly appArmorProfiles: ReadonlySet<string> | undefined;
  /** Whether SELinux is live and knows a label; undefined where it is not. */
  readonly knowsLabel: ((label: string) => boolean) | undefined;
}
