/** By which issues are found again: a listing by label is exact at once, where the search lags. */
export const INCIDENT_LABEL = "dualkey-incident";

/** One issue, as far as a post-mortem needs it. */
export interface Issue {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly isOpen: boolean;
  readonly labels: readonly string[];
}

/** What changes of an issue. */
export interface IssueChange {
  readonly body?: string;
  readonly state?: "open" | "closed";
}

/** The issues of the repository that the job belongs to. All reject with IssuesError. */
export interface Issues {
  /** Whether everybody can read them. */
  isPublic(): Promise<boolean>;
  /** All that have the label, open and closed. */
  list(): Promise<readonly Issue[]>;
  /** Opens one with the label. Not repeatable: list before another try. */
  create(text: { readonly title: string; readonly body: string }): Promise<Issue>;
  update(number: number, change: IssueChange): Promise<Issue>;
  comment(number: number, body: string): Promise<void>;
}

/** GitHub did not do what it was asked for. Its message says what to do, and holds no token. */
export class IssuesError extends Error {
  /** Whether another try may help. */
  readonly isTransient: boolean;

  constructor(message: string, options: { isTransient: boolean; cause: unknown }) {
    super(message, { cause: options.cause });
    this.name = "IssuesError";
    this.isTransient = options.isTransient;
  }
}
