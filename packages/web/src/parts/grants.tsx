import { Button, Group, Select, Stack, TextInput } from '@mantine/core';
import type { Grant, Role } from '../api/types.js';

const ROLES: readonly Role[] = ['viewer', 'analyst', 'responder', 'author', 'approver', 'admin'];
const NEW: Grant = { role: 'viewer', cluster: '*', namespace: '*', workload: '*' };

export const grantText = ({ role, ...scope }: Grant): string => {
  const where = Object.entries(scope).filter(([, value]) => value !== '*');
  return where.length === 0
    ? role
    : `${role} (${where.map(([name, value]) => `${name} ${value}`).join(', ')})`;
};

interface GrantsProps {
  readonly value: readonly Grant[];
  readonly change: (value: readonly Grant[]) => void;
}

/** Roles, and where each holds. */
export function Grants({ value, change }: GrantsProps) {
  const set = (index: number, part: Partial<Grant>): void =>
    change(value.map((each, i) => (i === index ? { ...each, ...part } : each)));
  return (
    <Stack gap="xs" role="group" aria-label="Roles">
      {value.map((grant, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name
        <Group key={index} gap="xs" wrap="nowrap" align="end">
          <Select
            label="Role"
            size="xs"
            data={ROLES}
            allowDeselect={false}
            value={grant.role}
            onChange={(role) => set(index, { role: (role ?? 'viewer') as Role })} // one of the list
          />
          {(['cluster', 'namespace', 'workload'] as const).map((name) => (
            <TextInput
              key={name}
              label={name[0]?.toUpperCase() + name.slice(1)}
              size="xs"
              value={grant[name]}
              onChange={(event) => set(index, { [name]: event.currentTarget.value })}
            />
          ))}
          <Button
            size="xs"
            variant="default"
            aria-label={`Without ${grantText(grant)}`}
            onClick={() => change(value.filter((_, i) => i !== index))}
          >
            −
          </Button>
        </Group>
      ))}
      <Group>
        <Button size="xs" variant="default" onClick={() => change([...value, NEW])}>
          Another role
        </Button>
      </Group>
    </Stack>
  );
}
