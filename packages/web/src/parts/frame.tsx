import {
  ActionIcon,
  AppShell,
  Burger,
  Button,
  Group,
  NavLink,
  Text,
  Tooltip,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { ask } from '../api/client.js';
import { useLive } from '../api/live.js';
import { useMay, useSession } from '../session.js';

const PLACES = [
  ['/', 'Overview'],
  ['/incidents', 'Incidents'],
  ['/detections', 'Detections'],
  ['/workloads', 'Workloads'],
  ['/network', 'Network'],
  ['/trust', 'Trust'],
  ['/documents', 'Policies and rules'],
  ['/fleet', 'Fleet'],
  ['/reports', 'Reports'],
  ['/tokens', 'Tokens'],
  ['/settings', 'Settings'],
] as const;
const MANAGED = [
  ['/people', 'People'],
  ['/changes', 'Changes'],
  ['/evidence', 'Evidence'],
] as const;

/** What surrounds every page. */
export function Frame() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const { pathname } = useLocation();
  const { person } = useSession();
  const manages = useMay('people.manage');
  const queries = useQueryClient();
  const isLive = useLive();
  const { toggleColorScheme } = useMantineColorScheme();
  const signOut = async (): Promise<void> => {
    await ask('DELETE', '/session');
    queries.clear();
    window.location.assign('/');
  };
  const isAt = (path: string): boolean => (path === '/' ? pathname === '/' : pathname.startsWith(path));
  return (
    <AppShell
      header={{ height: 44 }}
      navbar={{ width: 176, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <a href="#content" className="skip">
        To the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between">
          <Group gap="sm">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
            <Text fw={700}>Runward</Text>
          </Group>
          <Group gap="sm">
            <Text size="xs" c="dimmed" role="status">
              {isLive ? 'live' : 'asked again every 15 s'}
            </Text>
            <Text size="sm">{person.displayName}</Text>
            <Tooltip label="Light or dark">
              <ActionIcon variant="default" aria-label="Light or dark" onClick={() => toggleColorScheme()}>
                <svg viewBox="0 0 16 16" width={14} height={14} aria-hidden="true">
                  <circle cx={8} cy={8} r={6} fill="none" stroke="currentColor" strokeWidth={2} />
                  <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
                </svg>
              </ActionIcon>
            </Tooltip>
            <Button variant="default" size="compact-sm" onClick={() => void signOut()}>
              Sign out
            </Button>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        {[...PLACES, ...(manages ? MANAGED : [])].map(([path, name]) => (
          <NavLink
            key={path}
            component={Link}
            to={path}
            label={name}
            active={isAt(path)}
            aria-current={isAt(path) ? 'page' : undefined}
            onClick={close}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}
