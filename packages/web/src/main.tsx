import '@mantine/core/styles.css';
import './look/look.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { LiveViews } from './api/live.js';
import { isSignedOut } from './api/problem.js';
import { theme, variables } from './look/theme.js';
import { router } from './routes.js';
import { Signed } from './session.js';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => !isSignedOut(error) && count < 2,
      staleTime: 2_000,
    },
  },
});
/** Whoever is signed out meanwhile is shown the way in. */
queries.getQueryCache().subscribe(({ type, query }) => {
  if (type === 'updated' && isSignedOut(query.state.error) && query.queryKey[0] !== 'session')
    void queries.invalidateQueries({ queryKey: ['session'] });
});

const place = document.getElementById('root');
if (place === null) throw new Error('the page has no place for the application');
createRoot(place).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Signed>
          <LiveViews>
            <RouterProvider router={router} />
          </LiveViews>
        </Signed>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
