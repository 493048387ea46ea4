import { Button, Code, CopyButton, Group, Stack, Text, Title } from '@mantine/core';

export interface ProposedException {
  readonly rules: string;
  readonly policies: string;
  readonly changes: readonly {
    readonly policy: string;
    readonly file: string;
    readonly line: number;
    readonly yaml: string;
    readonly why: string;
  }[];
  readonly network: string;
  readonly remarks: readonly string[];
}

interface TextProps {
  readonly title: string;
  readonly how: string;
  readonly file: string;
  readonly text: string;
}

function Proposed({ title, how, file, text }: TextProps) {
  if (text === '') return null;
  return (
    <section aria-label={title}>
      <Title order={3} size="sm">
        {title}
      </Title>
      <Text size="sm">{how}</Text>
      <Code block tabIndex={0} mah={320} style={{ overflow: 'auto' }}>
        {text}
      </Code>
      <Group gap="xs" mt={4}>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? 'Copied' : `Copy ${file}`}
            </Button>
          )}
        </CopyButton>
        <Button
          size="compact-xs"
          variant="default"
          component="a"
          href={`data:application/yaml;charset=utf-8,${encodeURIComponent(text)}`}
          download={file}
        >
          Save {file}
        </Button>
      </Group>
    </section>
  );
}

/** What would keep a false positive from being told again. Nothing of it is in force: somebody has to read it. */
export function Exception({
  exception: { rules, policies, changes, network, remarks },
  name,
}: {
  readonly exception: ProposedException;
  readonly name: string;
}) {
  const isNothing = [rules, policies, network].every((text) => text === '') && changes.length === 0;
  return (
    <Stack gap="xs" role="group" aria-label="Proposed exception">
      <Title order={2}>Proposed exception</Title>
      <Text size="sm">
        {isNothing
          ? 'Nothing that could be written would keep it silent without hiding more.'
          : 'It is not in force. Read it: what it lets pass is silent from then on.'}
      </Text>
      <Proposed
        title="Rules"
        how="For `runward run --rules`, behind the others, or as a document of rules."
        file={`exception-${name}.rules.yaml`}
        text={rules}
      />
      <Proposed
        title="Policies"
        how="For `runward policy apply`, or as a document of policies."
        file={`exception-${name}.policy.yaml`}
        text={policies}
      />
      <Proposed
        title="Network detections"
        how="For the file of `--network-settings`."
        file={`exception-${name}.network.yaml`}
        text={network}
      />
      {changes.map(({ policy, file, line, yaml, why }) => (
        <Proposed
          key={`${file} ${line}`}
          title={`Line ${line} of ${policy}`}
          how={`${why} (${file})`}
          file={`${policy}.yaml`}
          text={yaml === '' ? '# to be taken away, or kept' : yaml}
        />
      ))}
      {remarks.map((remark) => (
        <Text size="sm" key={remark}>
          {remark}
        </Text>
      ))}
    </Stack>
  );
}
