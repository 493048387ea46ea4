import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const sea: MantineColorsTuple = [
  '#e6f6f7', '#d3e9eb', '#a8d3d7', '#7abcc2', '#55a9b0', '#3d9da5', '#2d97a0', '#1d848c', '#0b757d', '#00656d',
]; // biome-ignore format: shades

/** Calm and dense: one accent, small type, and colour for what is severe alone. */
export const theme = createTheme({
  primaryColor: 'sea',
  primaryShade: 9,
  colors: { sea },
  autoContrast: false,
  components: {
    Anchor: { defaultProps: { underline: 'always' } },
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
  },
  defaultRadius: 'sm',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.25rem' }, h2: { fontSize: '1rem' } } },
});

/** What is less important can still be read. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#56616a', '--mantine-color-error': '#b3261e' },
  dark: { '--mantine-color-dimmed': '#a9b2ba', '--mantine-color-error': '#ff9c94' },
});

/** How severe something is, in words of priorities and of incidents. */
export type Weight = 'critical' | 'high' | 'medium' | 'low';

export function weightOf(word: string): Weight {
  switch (word.toLowerCase()) {
    case 'emergency':
    case 'alert':
    case 'critical':
      return 'critical';
    case 'error':
    case 'high':
      return 'high';
    case 'warning':
    case 'medium':
      return 'medium';
    default:
      return 'low';
  }
}

export const WEIGHT_COLOURS: Readonly<Record<Weight, string>> = {
  critical: '#b3261e',
  high: '#c2570c',
  medium: '#8a6d00',
  low: '#5b6770',
};
