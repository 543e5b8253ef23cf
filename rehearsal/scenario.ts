/** What happens to the rotator in a scenario: shares of 1, for each invocation or request of its kind. */
export interface Mischief {
  /** Invocations that are killed at a random request, before or after it is applied, or at a random moment. */
  readonly killed: number;
  /** Makings of a key after which the run is killed before it has stored it: nobody will ever know that key. */
  readonly keysLost: number;
  /** Requests to the gateway that make or delete a key, and whose answer is lost after they were applied. */
  readonly answersLost: number;
  /** Steps and ticks that are delivered twice at once. */
  readonly deliveredTwice: number;
  /** Steps and ticks that are delivered a second time some seconds later. */
  readonly deliveredLate: number;
  /** Invocations beside which a reconciliation is started, so that two different runs meet. */
  readonly atOnce: number;
  /** How far reads of the secret are behind its writes, and listings of secrets: milliseconds. */
  readonly staleReadMs: number;
  readonly listLagMs: number;
}

/** One scenario: what happens to the key of a login service under load, and what must be seen. Data, and nothing else. */
export interface Scenario {
  readonly name: string;
  /** One line for the list of scenarios. */
  readonly says: string;
  /** Who replaces the key: dualkey's rotator, or the script that most teams have. */
  readonly replacedBy: "dualkey" | "script";
  readonly mischief?: Mischief;
  /**
   * What goes wrong with the new key or with a service: every send with a key of dualkey's is refused, though it answers
   * probes; or one service goes on with the first key for ever; or the key leaks, with or without a cutover before.
   * @default nothing
   */
  readonly trouble?: "bad-key" | "straggler" | "leak";
  /** Which vendors it can be played with: a script, and faults at the gateway, are made for the first. */
  readonly vendors: "all" | "first";
  /**
   * Whether failed logins break the rehearsal, or are what it is there to show, or have to be those that are counted one
   * by one.
   */
  readonly failedLogins: "none" | "expected" | "counted";
  /** When the rehearsal gives up, in seconds. */
  readonly limitSeconds: number;
}
