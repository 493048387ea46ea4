import type { Who } from '@runward/state';

/** The person as far as it is known. */
export const nameOf = ({ loginUser, sudoUser, user, uid }: Who): string =>
  loginUser ?? sudoUser ?? (user === '' ? `uid ${uid}` : user);
