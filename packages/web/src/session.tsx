import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext } from 'react';
import { ask, setProof } from './api/client.js';
import { isSignedOut } from './api/problem.js';
import type { Session } from './api/types.js';
import { NewPassword } from './pages/new-password.js';
import { SignIn } from './pages/sign-in.js';
import { Trouble } from './parts/asked.js';

const Current = createContext<Session | undefined>(undefined);

/** Who is signed in. Only below {@link Signed}. */
export function useSession(): Session {
  const session = useContext(Current);
  if (session === undefined) throw new Error('nobody is signed in here');
  return session;
}

export const useMay = (permission: string): boolean => useSession().permissions.includes(permission);

/** The pages for whoever is signed in; else the way in. */
export function Signed({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient();
  const session = useQuery({
    queryKey: ['session'],
    queryFn: async () => {
      const found = await ask<Session>('GET', '/session');
      setProof(found.proof);
      return found;
    },
    retry: (count, error) => !isSignedOut(error) && count < 5,
    refetchInterval: 60_000,
  });
  if (session.isPending) return null;
  if (session.isError)
    return isSignedOut(session.error) ? (
      <SignIn done={() => queries.invalidateQueries()} />
    ) : (
      <Trouble error={session.error} again={() => void session.refetch()} />
    );
  if (session.data.person.mustChangePassword) return <NewPassword done={() => queries.invalidateQueries()} />;
  return <Current value={session.data}>{children}</Current>;
}
