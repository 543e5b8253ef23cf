import { ProviderRejectedError } from "../../contract/errors.ts";
import type { Call } from "../cutover/ports.ts";
import { errorOf, type HttpAnswer, isOk, readAnswer } from "./_answer.ts";
import { type Http, queryOfLink } from "./_http.ts";
import { askAs, isMissing, type Login, pagesOf } from "./_twilio-account.ts";
import * as shapes from "./_twilio-shapes.ts";

type Query = Readonly<Record<string, string>>;

/** The vendor's most. */
const PAGE_SIZE = "1000";
const NOT_ACCEPTED =
  "The admin credential may be dead, of a suspended account, or a standard or restricted key, which cannot manage keys. Put the account's auth token or a main key into the admin secret.";
const TOO_MANY_KEYS = "Delete unused API keys of the account, then rotate again.";

/**
 * Twilio's two APIs for keys. IAM v1 comes first: it alone knows restricted keys, and some accounts are refused by the
 * 2010 API with a credential that IAM v1 accepts (https://github.com/twilio/twilio-cli/pull/704). The 2010 API is asked
 * only after IAM v1 has answered the vendor's own 404, which proves that nothing was applied. Unconfirmed: that an account
 * without IAM v1 gets that answer; any other is an error.
 */
export class TwilioKeys {
  readonly #iam: Http;
  readonly #api: Http;

  constructor({ iam, api }: { iam: Http; api: Http }) {
    this.#iam = iam;
    this.#api = api;
  }

  async *pages(login: Login, call: Call) {
    const ask = (http: Http, path: string) => (query: Query) =>
      askAs(http, { method: "GET", path, query, login }, call);
    // Whatever a link to a next page says, it is a page of this account.
    let [read, own] = [ask(this.#iam, "/v1/Keys"), { AccountSid: login.accountSid } as Query];
    let first = await read({ PageSize: PAGE_SIZE, ...own });
    if (isMissing(first)) {
      [read, own] = [ask(this.#api, `${pathIn2010(login)}.json`), {}];
      first = await read({ PageSize: PAGE_SIZE });
    }
    const next = (link: string) => read({ ...queryOfLink(link), ...own });
    yield* pagesOf(first, { shape: shapes.Keys, next, advice: adviceFor });
  }

  /**
   * The policy of one key: null of a standard one, and `undefined` where the answer does not say.
   *
   * @returns `older` where the account has no IAM v1: the key is there, and whether it is restricted is not known
   */
  async policyOf(
    login: Login,
    sid: string,
    call: Call,
  ): Promise<shapes.KeyPolicy | null | undefined | "older"> {
    const path = `/v1/Keys/${sid}`;
    const answer = await askAs(this.#iam, { method: "GET", path, login }, call);
    if (!isMissing(answer) || (await this.#isOffered(login, call))) {
      const advice = isMissing(answer) ? "Correct keyId in the secret's value." : adviceFor(answer);
      return readAnswer(answer, shapes.Key, advice).policy;
    }
    const olderPath = `${pathIn2010(login)}/${sid}.json`;
    const older = await askAs(this.#api, { method: "GET", path: olderPath, login }, call);
    readAnswer(older, shapes.KeyRow, adviceFor(older) ?? "Correct keyId in the secret's value.");
    return "older";
  }

  /** Never repeated, as names are not unique. @throws ProviderRejectedError for a restricted key without IAM v1 */
  async create(
    login: Login,
    { name, policy }: { name: string; policy: shapes.KeyPolicy | null },
    call: Call,
  ): Promise<shapes.MadeKey> {
    const restriction = policy ? { KeyType: "restricted", Policy: JSON.stringify(policy) } : {};
    const form = { AccountSid: login.accountSid, FriendlyName: name, ...restriction };
    const answer = await askAs(this.#iam, { method: "POST", path: "/v1/Keys", form, login }, call);
    if (!isMissing(answer)) return readAnswer(answer, shapes.MadeKey, adviceFor(answer));
    if (policy) {
      const text = `${answer.what} got ${answer.got}: this account has no IAM v1, and the 2010 API makes standard keys only, which could do more`;
      throw new ProviderRejectedError(`${text}. Ask Twilio for IAM v1, or correct DUALKEY_TWILIO_IAM_URL.`);
    }
    const path = `${pathIn2010(login)}.json`;
    const older = await askAs(this.#api, { method: "POST", path, form: { FriendlyName: name }, login }, call);
    return readAnswer(older, shapes.MadeKey, adviceFor(older));
  }

  /** Succeeds where the key is gone: the API that the account has says so. */
  async delete(login: Login, sid: string, call: Call): Promise<void> {
    const path = `/v1/Keys/${sid}`;
    const answer = await askAs(this.#iam, { method: "DELETE", path, login }, call);
    if (isOk(answer)) return;
    if (!isMissing(answer)) throw errorOf(answer, adviceFor(answer));
    if (await this.#isOffered(login, call)) return;
    const olderPath = `${pathIn2010(login)}/${sid}.json`;
    const older = await askAs(this.#api, { method: "DELETE", path: olderPath, login }, call);
    if (!isOk(older) && !isMissing(older)) throw errorOf(older, adviceFor(older));
  }

  /** Whether the account has IAM v1: a key that it does not know may be gone, or the whole API may not be there. */
  async #isOffered(login: Login, call: Call): Promise<boolean> {
    const query = { AccountSid: login.accountSid, PageSize: "1" };
    const answer = await askAs(this.#iam, { method: "GET", path: "/v1/Keys", query, login }, call);
    if (isMissing(answer)) return false;
    readAnswer(answer, shapes.Keys, adviceFor(answer));
    return true;
  }
}

function pathIn2010({ accountSid }: Login): string {
  return `/2010-04-01/Accounts/${accountSid}/Keys`;
}

function adviceFor({ status, json }: HttpAnswer): string | undefined {
  if (shapes.failureOf(json).code === "70151") return TOO_MANY_KEYS;
  return status === 401 || status === 403 ? NOT_ACCEPTED : undefined;
}
