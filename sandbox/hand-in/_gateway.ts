import { type Caller, type Route, VendorGateway, type VendorGatewayOptions } from "../_gateway.ts";
import type { Answer, Request } from "../_server.ts";
import { type Account, type Key, KeyTable, trueKey } from "./_keys.ts";
import type { HandInCaller, Script, ScriptRoute } from "./_script.ts";

/** A vendor without an API for keys, played from its script. */
export class HandInGateway extends VendorGateway<HandInCaller> {
  readonly keys = new KeyTable();
  protected readonly routes: readonly Route<HandInCaller>[];
  readonly #script: Script;

  constructor(script: Script, options: VendorGatewayOptions) {
    super(options);
    this.#script = script;
    this.routes = script.routes.map((route) => ({ ...route, handle: (call) => this.#handle(route, call) }));
  }

  error(status: number, detail: { readonly code?: string; readonly message?: string }): unknown {
    return this.#script.error(status, detail);
  }

  createAccount(id = this.#script.accountId(this.keys.accounts.size + 1)): Account {
    return this.keys.addAccount(id);
  }

  createKey(account: Account, { expiresAtMs }: { readonly expiresAtMs?: number | undefined }): Key {
    const fields = this.#script.newFields(account.id);
    const handle = fields[this.#script.handleField] ?? "";
    const { keyIdField } = this.#script;
    const id = keyIdField === undefined ? `key-${this.keys.all().length + 1}` : (fields[keyIdField] ?? "");
    const key: Key = {
      id,
      account,
      fields,
      createdAtMs: this.now(),
      ...(expiresAtMs ? { expiresAtMs } : {}),
    };
    this.keys.add(handle, key);
    this.journal.record({ atMs: this.now(), kind: "key-made", keyId: id });
    return key;
  }

  revokeKey(id: string): void {
    const key = this.keys.byId(id);
    if (key.endedAtMs !== undefined) return;
    key.endedAtMs = this.now();
    this.journal.record({ atMs: this.now(), kind: "key-ended", keyId: id });
  }

  truth() {
    return {
      keys: () => this.keys.all().map(trueKey),
      tallies: () => this.journal.tallies(),
      accepts: (fields: Readonly<Record<string, string>>) => {
        const key = this.keys.find(fields[this.#script.handleField]);
        if (!key || key.account.isSuspended || !this.#passes(key)) return false;
        return Object.entries(key.fields).every(([name, text]) => fields[name] === text);
      },
    };
  }

  protected identify(request: Request): Caller | undefined {
    const key = this.keys.find(this.#script.handleOf(request));
    return key && { keyId: key.id, account: key.account.id };
  }

  protected authenticate(request: Request): HandInCaller {
    const { handleOf, fits = () => true, dead, suspended } = this.#script;
    const key = this.keys.find(handleOf(request));
    if (!key || !fits(request, key) || !this.#passes(key)) {
      throw dead({ request, key, nowMs: this.now() });
    }
    if (suspended && key.account.isSuspended) throw suspended();
    return { keyId: key.id, account: key.account.id, key };
  }

  /** Whether a key works now, its account apart. */
  #passes(key: Key): boolean {
    return this.isKnown(key) && this.now() < (key.expiresAtMs ?? Number.POSITIVE_INFINITY);
  }

  #handle(route: ScriptRoute, call: Parameters<ScriptRoute["handle"]>[0]): Answer {
    const { isSent = route.name === "send", ...answer } = route.handle(call);
    if (isSent) {
      this.journal.record({ atMs: call.nowMs, kind: "send-accepted", keyId: call.caller.keyId });
    }
    return answer;
  }
}
