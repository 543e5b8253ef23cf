import { AwsError, invalidParameter } from "./aws-error.ts";

/** The body of a JSON 1.1 request. Fields that an operation does not know are ignored, as AWS does. */
export type Input = Readonly<Record<string, unknown>>;

/** The bounds of a number or of a text's length, both inclusive. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Reads an optional text. @throws AwsError where it is something else or outside its bounds. */
export function stringField(input: Input, name: string, bounds?: Bounds): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw wrongType(name);
  if (bounds && (value.length < bounds.min || value.length > bounds.max)) {
    throw invalidParameter(`${name} must be ${bounds.min}-${bounds.max} characters long.`);
  }
  return value;
}

/** Reads a text that must be there. */
export function requiredString(input: Input, name: string, bounds?: Bounds): string {
  const value = stringField(input, name, bounds);
  if (value === undefined || value === "") {
    throw new AwsError(
      "ValidationException",
      `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must not be null`,
    );
  }
  return value;
}

/** Reads an optional whole number. */
export function integerField(input: Input, name: string, bounds: Bounds): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType(name);
  if (value < bounds.min || value > bounds.max) {
    throw invalidParameter(`${name} must be within ${bounds.min}-${bounds.max}.`);
  }
  return value;
}

/** Reads an optional switch. */
export function booleanField(input: Input, name: string): boolean | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw wrongType(name);
  return value;
}

/** Reads an optional list of texts. */
export function stringListField(input: Input, name: string): readonly string[] | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) throw wrongType(name);
  return value as string[];
}

/** Reads an optional list of structures. */
export function structureListField(input: Input, name: string): readonly Input[] | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.some((item) => typeof item !== "object" || item === null)) {
    throw wrongType(name);
  }
  return value as Input[];
}

/** Reads an optional structure. */
export function structureField(input: Input, name: string): Input | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw wrongType(name);
  return value as Input;
}

function wrongType(name: string): AwsError {
  return new AwsError("SerializationException", `${name} has the wrong type.`);
}
