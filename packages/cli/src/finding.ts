/** One line of `runward doctor`. */
export interface Finding {
  readonly feature: string;
  readonly state: 'on' | 'off' | 'note';
  /** The main job does not work without it. */
  readonly required: boolean;
  /** Which one, or why not. */
  readonly detail: string;
  /** What does not work without it; '' unless it is off. */
  readonly lost: string;
}

export const on = (feature: string, detail = ''): Finding => ({
  feature,
  state: 'on',
  required: false,
  detail,
  lost: '',
});

export const note = (feature: string, detail: string): Finding => ({
  feature,
  state: 'note',
  required: false,
  detail,
  lost: '',
});

export const off = (feature: string, detail: string, lost: string, required = false): Finding => ({
  feature,
  state: 'off',
  required,
  detail,
  lost,
});
