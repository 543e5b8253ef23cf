/** The page's colours and letters, as its style sheet has them for the reader's scheme. */
export interface Theme {
  readonly paper: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly band: string;
  readonly old: string;
  readonly new: string;
  readonly clean: string;
  readonly other: string;
  readonly fail: string;
  readonly onOld: string;
  readonly onNew: string;
  readonly font: string;
}

export function readTheme(element: Element): Theme {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    paper: color("paper"),
    ink: color("ink"),
    muted: color("muted"),
    line: color("line"),
    band: color("band"),
    old: color("old"),
    new: color("new"),
    clean: color("clean"),
    other: color("other"),
    fail: color("fail"),
    onOld: color("on-old"),
    onNew: color("on-new"),
    font: style.fontFamily,
  };
}
