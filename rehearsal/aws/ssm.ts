import { AwsError } from "./aws-error.ts";
import { cutPage } from "./page.ts";
import { booleanField, type Input, integerField, requiredString, stringField } from "./request-fields.ts";
import type { Time } from "./time.ts";

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly version: number;
  readonly changedAtMs: number;
}

/** Parameter Store: put, get, get by path, delete. A SecureString is shown in clear only with decryption. */
export class ParameterStore {
  readonly #parameters = new Map<string, Parameter>();
  readonly #time: Time;
  readonly #arnPrefix: string;

  constructor(options: { readonly time: Time; readonly region: string; readonly account: string }) {
    this.#time = options.time;
    this.#arnPrefix = `arn:aws:ssm:${options.region}:${options.account}:parameter`;
  }

  /** Carries out one operation. */
  handle(operation: string, input: Input): object {
    switch (operation) {
      case "PutParameter":
        return this.#put(input);
      case "GetParameter":
        return { Parameter: this.#show(this.#find(requiredString(input, "Name")), input) };
      case "GetParametersByPath":
        return this.#getByPath(input);
      case "DeleteParameter":
        this.#parameters.delete(this.#find(requiredString(input, "Name")).name);
        return {};
      default:
        throw new AwsError("UnknownOperationException", `No operation ${operation} here.`);
    }
  }

  /** The ARN that a parameter of that name has, or would have. */
  arnOf(name: string): string {
    return name.startsWith(this.#arnPrefix)
      ? name
      : `${this.#arnPrefix}${name.startsWith("/") ? "" : "/"}${name}`;
  }

  #put(input: Input): object {
    const name = requiredString(input, "Name");
    const known = this.#parameters.get(name);
    if (known && !(booleanField(input, "Overwrite") ?? false)) {
      throw new AwsError(
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
      );
    }
    const type = stringField(input, "Type") ?? known?.type;
    if (!type) throw new AwsError("ValidationException", "A parameter type is required when you create one.");
    const version = (known?.version ?? 0) + 1;
    const value = requiredString(input, "Value");
    this.#parameters.set(name, { name, type, value, version, changedAtMs: this.#time.now() });
    return { Version: version, Tier: "Standard" };
  }

  #getByPath(input: Input): object {
    const path = requiredString(input, "Path");
    if (!path.startsWith("/")) {
      throw new AwsError("ValidationException", "The parameter path must begin with a forward slash.");
    }
    const prefix = path.endsWith("/") ? path : `${path}/`;
    const deep = booleanField(input, "Recursive") ?? false;
    const matching = [...this.#parameters.values()]
      .filter(({ name }) => name.startsWith(prefix))
      .filter(({ name }) => deep || !name.slice(prefix.length).includes("/"))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const page = cutPage(matching, {
      size: integerField(input, "MaxResults", { min: 1, max: 10 }) ?? 10,
      token: stringField(input, "NextToken"),
      tokenError: "InvalidNextToken",
    });
    return {
      NextToken: page.nextToken,
      Parameters: page.items.map((parameter) => this.#show(parameter, input)),
    };
  }

  #find(name: string): Parameter {
    const plain = name.startsWith(this.#arnPrefix) ? name.slice(this.#arnPrefix.length) : name;
    const found = this.#parameters.get(plain);
    if (!found) throw new AwsError("ParameterNotFound", `Parameter ${name} not found.`);
    return found;
  }

  #show(parameter: Parameter, input: Input): object {
    const isHidden = parameter.type === "SecureString" && !(booleanField(input, "WithDecryption") ?? false);
    return {
      ARN: this.arnOf(parameter.name),
      Name: parameter.name,
      Type: parameter.type,
      Value: isHidden ? Buffer.from(`encrypted ${parameter.name}`).toString("base64") : parameter.value,
      Version: parameter.version,
      LastModifiedDate: parameter.changedAtMs / 1000,
      DataType: "text",
    };
  }
}
