import { createHmac } from "node:crypto";
import { z } from "zod";
import { ConfigError, ProviderRejectedError } from "../../../contract/errors.ts";
import { signPath } from "../../../contract/signed-url.ts";
import { type HttpAnswer, isOk } from "../_answer.ts";
import { errorAt, type Preset, type Verdict } from "./_preset.ts";

export interface OptStuffPolicy {
  readonly projectSlug: string;
  readonly probeImage: string;
}

/** How long a probe's URL is good for: room for the difference of two clocks. */
const URL_LIFETIME_MS = 300_000;

/** The server's words are what tells its answers apart; they are those of its `v1/[projectSlug]/[...path]/route.ts`. */
const Refusal = z.object({ error: z.string() });
const REJECTED = new Set(["Invalid API key", "API key has been revoked", "API key has expired"]);
/** Said only after key, signature and project were found right: each proves as much as an image does. */
const ACCEPTED: Readonly<Record<number, readonly string[]>> = {
  403: ["Forbidden: Invalid referer", "Forbidden: Source domain not allowed"],
  // The source's own answer, passed on.
  404: ["Image processing failed"],
  410: ["Image processing failed"],
};
const ADVICE: ReadonlyMap<string, string> = new Map([
  ["Invalid signature", "publicKey and secretKey do not belong together. Correct the secret's value"],
  ["Signature has expired", "the clocks of the function and of OptStuff are more than 5 minutes apart"],
  [
    "API key does not belong to this project",
    "the key is of another project than the policy's projectSlug. Correct one of them",
  ],
]);

/**
 * OptStuff (images; its own `rotate` revokes and makes in one step, so keys are made, handed in, and revoked when asked).
 *
 * The probe is a signed URL for one pixel, with GET: the refusals of a HEAD have no body, and 401 is also the answer to a
 * live key under another project's slug, so a HEAD would call such a key dead. The URL ends soon, and so is another one
 * for each probe: successful answers may be kept by a CDN for a year, and an old one must not speak for a dead key.
 * The HMAC's key never leaves; the public half and a signature do.
 */
export function optStuff({ projectSlug, probeImage }: OptStuffPolicy): Preset {
  return {
    keyIdField: "publicKey",
    account: projectSlug,
    ids: { publicKey: /^pk_[A-Za-z0-9_-]{22}$/ },
    keyPattern: /sk_[A-Za-z0-9_-]{20,}/g,
    readError: errorAt("", "error"),
    probe: (fields, nowMs) => {
      const key = { publicKey: fields.id("publicKey"), secretKey: fields.secret("secretKey").reveal() };
      const expiresAt = new Date(nowMs + URL_LIFETIME_MS);
      const image = { projectSlug, operations: "w_1", image: probeImage, expiresAt };
      return { method: "GET", headers: {}, ...asRejection(() => signPath(key, image, hmac)) };
    },
    judge,
  };
}

function judge(answer: HttpAnswer): Verdict {
  if (isOk(answer)) {
    // A page that answers 200 to everything is not OptStuff.
    if (answer.mediaType.startsWith("image/")) return { kind: "accepted" };
    return {
      kind: "unknown",
      because: `${answer.got} with ${answer.mediaType || "no content type"}, not an image`,
    };
  }
  const said = Refusal.safeParse(answer.json).data?.error ?? "";
  if (answer.status === 401 && REJECTED.has(said)) return { kind: "rejected" };
  if (ACCEPTED[answer.status]?.includes(said)) return { kind: "accepted" };
  const advice = ADVICE.get(said);
  return { kind: "unknown", ...(advice === undefined ? {} : { because: `${answer.got}: ${advice}` }) };
}

function hmac(key: string, text: string): string {
  return createHmac("sha256", key).update(text).digest("base64url");
}

/** What cannot be signed cannot be asked: nothing was sent. */
function asRejection<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    const problems = cause.problems.map(({ path, message }) => {
      return `${path === "image" ? "the policy's probeImage" : path} ${message}`;
    });
    throw new ProviderRejectedError(`optstuff: no probe can be signed: ${problems.join("; ")}.`, { cause });
  }
}
