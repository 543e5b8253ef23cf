import { BASE_URL_RULE, isBaseUrl } from "./base-url.ts";
import { ConfigError, type Problem } from "./errors.ts";

/** An OptStuff key: the pair as it stands in the secret. A field that is missing there is a problem, not a type error. */
export interface SigningKey {
  /** `pk_…`, which goes into the URL. */
  readonly publicKey?: string | undefined;
  /** `sk_…`, which stays here. All of it is the HMAC's key, `sk_` included. */
  readonly secretKey?: string | undefined;
}

/** Which image a URL asks for, and in what form. */
export interface SignedImage {
  /** The project's slug, which the key belongs to. */
  readonly projectSlug: string;
  /** Joined with commas (`w_800,f_webp`); `_` for none. */
  readonly operations: string;
  /** The source's address without protocol, not percent-encoded: `images.example.com/my photo.jpg?v=2`. */
  readonly image: string;
  /** When the URL ends, to the second. @default never, as long as the key works */
  readonly expiresAt?: Date;
}

/** HMAC-SHA256 of a text, as base64url. This folder knows no platform, so whoever signs brings it. */
export type Hmac = (key: string, text: string) => string;

/** The part of a signed URL that follows the base URL. */
export interface SignedPath {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

const SIGNATURE_LENGTH = 32;
const PUBLIC_KEY = /^pk_[A-Za-z0-9_-]{22}$/;
const SECRET_KEY = /^sk_[A-Za-z0-9_-]+$/;
const SLUG = /^[A-Za-z0-9_-]+$/;
/** `w_800`, `embed`: nothing that an URL would have to encode, for the vendor does not decode this part. */
const OPERATION = "[a-z]+(_[A-Za-z0-9.]+)?";
const OPERATIONS = new RegExp(`^(_|${OPERATION}(,${OPERATION})*)$`);

/**
 * Signs the path of an image, as OptStuff's server checks it (`api-key.ts` and `ipx-utils.ts` of the vendor's public
 * repository): over the decoded path, with the end where there is one, cut to 32 characters.
 *
 * @throws ConfigError that lists all problems, and quotes neither key nor image
 */
export function signPath(key: SigningKey, image: SignedImage, hmac: Hmac): SignedPath {
  const { publicKey = "", secretKey = "" } = key;
  const problems = [...problemsOfKey({ publicKey, secretKey }), ...problemsOfImage(image)];
  if (problems.length > 0) throw new ConfigError("the signed URL", problems);
  const { projectSlug, operations, image: source, expiresAt } = image;
  const exp = expiresAt === undefined ? undefined : String(Math.floor(expiresAt.getTime() / 1000));
  const payload = `${operations}/${source}${exp === undefined ? "" : `?exp=${exp}`}`;
  const sig = hmac(secretKey, payload).slice(0, SIGNATURE_LENGTH);
  return {
    path: `/api/v1/${projectSlug}/${operations}/${encodePath(source)}`,
    query: { key: publicKey, sig, ...(exp === undefined ? {} : { exp }) },
  };
}

/** Joins a base URL and a signed path. @throws ConfigError where the base URL is none */
export function signedUrlOf(baseUrl: string, { path, query }: SignedPath): string {
  if (!isBaseUrl(baseUrl)) {
    throw new ConfigError("the signed URL", [{ path: "baseUrl", message: `is not ${BASE_URL_RULE}` }]);
  }
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  return `${baseUrl.replace(/\/+$/, "")}${path}?${pairs.join("&")}`;
}

/** The URL parser leaves `?` and `#` of a source to the URL itself; everything else that needs it, `encodeURI` encodes. */
function encodePath(source: string): string {
  return encodeURI(source).replaceAll("?", "%3F").replaceAll("#", "%23");
}

function problemsOfKey({ publicKey, secretKey }: Record<keyof SigningKey, string>): Problem[] {
  return listOf({
    publicKey: PUBLIC_KEY.test(publicKey)
      ? undefined
      : "is not pk_ and 22 characters. Take the key's public half",
    secretKey: SECRET_KEY.test(secretKey) ? undefined : "does not start with sk_. Take the key's secret half",
  });
}

function problemsOfImage({ projectSlug, operations, image, expiresAt }: SignedImage): Problem[] {
  return listOf({
    projectSlug: SLUG.test(projectSlug)
      ? undefined
      : "is not the slug of a project. Take it from the dashboard's URL",
    operations: OPERATIONS.test(operations) ? undefined : 'is not like "w_800,f_webp". Use "_" for none',
    image: problemOfSource(image),
    expiresAt: expiresAt === undefined || expiresAt.getTime() >= 1000 ? undefined : "is no time after 1970",
  });
}

function problemOfSource(image: string): string | undefined {
  if (image === "" || image.startsWith("/")) return "starts with no host. Use images.example.com/photo.jpg";
  if (/^[a-z][a-z0-9+.-]*:\//i.test(image)) return "has a protocol. Leave it out";
  // The server decodes the path before it checks the signature, and may do so twice.
  if (image.includes("%")) return "has a %. Give it decoded: it is signed as it is, and encoded in the URL";
  if (/(^|\/)\.{1,2}(\/|$)/.test(image))
    return "has a . or .. as a part, which a URL cannot keep. Resolve it";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (!image.isWellFormed() || /[\u0000-\u001f\u007f\\]/.test(image))
    return "has characters that no URL can carry";
  return undefined;
}

function listOf(messages: Readonly<Record<string, string | undefined>>): Problem[] {
  return Object.entries(messages).flatMap(([path, message]) =>
    message === undefined ? [] : [{ path, message }],
  );
}
