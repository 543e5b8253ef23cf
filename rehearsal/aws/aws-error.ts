/** An error as an AWS service sends it: its type is what the SDK makes an exception class of. */
export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** A value is wrong whatever the state is. */
export function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}

/** A value does not fit the state that the resource is in. */
export function invalidRequest(message: string): AwsError {
  return new AwsError("InvalidRequestException", message);
}

/** The resource, or the version of it, does not exist. */
export function notFound(message: string): AwsError {
  return new AwsError("ResourceNotFoundException", message);
}
