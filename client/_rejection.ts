/** The HTTP status that an answer carries, where it carries one: as `fetch`, axios, the AWS SDK and most others do. */
export function statusOf(answer: unknown): number | undefined {
  const { status, statusCode } = fieldsOf(answer);
  const own = [status, statusCode];
  if (!(answer instanceof Error)) return own.find(isStatus);
  const { code, response, $metadata } = fieldsOf(answer);
  const of = fieldsOf(response);
  return [...own, of.status, of.statusCode, fieldsOf($metadata).httpStatusCode, code].find(isStatus);
}

/** The default of `isRejected`: HTTP 401, thrown or returned. */
export function isUnauthorized(answer: unknown): boolean {
  return statusOf(answer) === 401;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isStatus(value: unknown): value is number {
  return typeof value === "number" && value >= 100 && value < 600;
}
