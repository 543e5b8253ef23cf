import { randomUUID } from "node:crypto";
import type { Fault } from "../_faults.ts";
import { type Caller, Refusal, type Route, VendorGateway } from "../_gateway.ts";
import type { Answer, Request } from "../_server.ts";
import { type Account, type Key, KeyTable, trueKey } from "./_keys.ts";
import { awsIamRoutes } from "./_routes.ts";
import { isSignedWith, type Signed, signedOf } from "./_signature.ts";
import { elements, SERVICES } from "./_xml.ts";

export interface AwsCaller extends Caller {
  readonly of: Account;
  /** Absent where the account's role calls. */
  readonly key?: Key;
  readonly service: string;
}

const XML = { "content-type": "text/xml" };
const INVALID_TOKEN = "The security token included in the request is invalid.";

/** IAM, STS and SNS at one address, which the name of the service in a request's signature tells apart. */
export class AwsIamGateway extends VendorGateway<AwsCaller> {
  readonly keys = new KeyTable();
  protected readonly routes: readonly Route<AwsCaller>[] = awsIamRoutes(this);

  /** As if each action had a path of its own: `/iam/CreateAccessKey`. The signature is checked of the real one. */
  override answer(request: Request): Answer {
    const { namespace = "" } = SERVICES[signedOf(request)?.service ?? "iam"] ?? {};
    const { body, headers, ...rest } = super.answer(routed(request));
    const requestId = randomUUID();
    const text = String(body).replace("NAMESPACE", namespace).replace("REQUEST-ID", requestId);
    return { ...rest, body: text, headers: { ...XML, "x-amzn-requestid": requestId, ...headers } };
  }

  /** AWS throttles with a 400 of that name. */
  override faultFor(request: Request): Fault | undefined {
    const fault = super.faultFor(routed(request));
    if (fault?.kind === "answer") return { ...fault, headers: { ...XML, ...fault.headers } };
    if (fault?.kind !== "throttle") return fault;
    const message = "Rate exceeded";
    return { kind: "answer", moment: "before", status: 400, code: "Throttling", message, headers: XML };
  }

  error(
    status: number,
    { code, message = "" }: { readonly code?: string; readonly message?: string },
  ): string {
    const fallback = status >= 500 ? "ServiceFailure" : "AccessDenied";
    const Type = status >= 500 ? "Receiver" : "Sender";
    const error = elements({ Type, Code: code ?? fallback, Message: message });
    return `<ErrorResponse xmlns="NAMESPACE"><Error>${error}</Error><RequestId>REQUEST-ID</RequestId></ErrorResponse>`;
  }

  works(key: Key): boolean {
    const { createdAtMs, endedAtMs, account } = key;
    if (account.isSuspended) return false;
    return this.isKnown({ createdAtMs, ...(endedAtMs === undefined ? {} : { endedAtMs }) });
  }

  truth() {
    return {
      keys: () => this.keys.all().map(trueKey),
      tallies: () => this.journal.tallies(),
      accepts: ({ accessKeyId = "", secretAccessKey }: Readonly<Record<string, string>>) => {
        const key = this.keys.find(accessKeyId);
        return key !== undefined && key.secret === secretAccessKey && this.works(key);
      },
    };
  }

  protected identify(request: Request): Caller | undefined {
    const key = this.keys.find(signedOf(request)?.accessKeyId ?? "");
    return key ? { keyId: key.id, account: key.account.id } : undefined;
  }

  protected authenticate(request: Request): AwsCaller {
    const signed = signedOf(request);
    if (!signed) {
      throw new Refusal(403, "Request is missing Authentication Token", {
        code: "MissingAuthenticationToken",
      });
    }
    const { service, region } = signed;
    if (!SERVICES[service]) throw wrongSignature();
    const account = this.keys.roleWith(signed.accessKeyId);
    if (account && !account.isSuspended) {
      requireSecret(account.role.secretAccessKey, signed, request);
      return { of: account, account: account.id, service };
    }
    const key = this.keys.find(signed.accessKeyId);
    if (!key || !this.works(key)) throw new Refusal(403, INVALID_TOKEN, { code: "InvalidClientTokenId" });
    requireSecret(key.secret, signed, request);
    this.keys.touch(key, { atMs: this.now(), service, region });
    return { of: key.account, key, keyId: key.id, account: key.account.id, service };
  }
}

function requireSecret(secret: string, signed: Signed, request: Request): void {
  if (!isSignedWith(secret, signed, { ...request, path: "/" })) throw wrongSignature();
}

function wrongSignature(): Refusal {
  const message =
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
  return new Refusal(403, message, { code: "SignatureDoesNotMatch" });
}

function routed(request: Request): Request {
  if (request.path !== "/") return request;
  const action = new URLSearchParams(request.body).get("Action") ?? "";
  return { ...request, path: `/${signedOf(request)?.service ?? "unsigned"}/${encodeURIComponent(action)}` };
}
