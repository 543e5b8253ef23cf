/**
 * Gives the name of a secret from its full ARN, or the name itself where no ARN is given.
 *
 * The service ends an ARN with a hyphen and six random characters. A partial ARN cannot be told from a full one, so
 * only full ones are read right; the service sends those.
 */
export function nameOfSecret(secretId: string): string {
  const name = /^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)$/.exec(secretId)?.[1];
  return name === undefined ? secretId : name.replace(/-[A-Za-z0-9]{6}$/, "");
}
