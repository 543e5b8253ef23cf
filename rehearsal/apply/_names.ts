import { randomBytes } from "node:crypto";

/** As Terraform makes a name from a prefix: it is unique. */
export function makeName(prefix = "terraform-"): string {
  return `${prefix}${randomBytes(8).toString("hex")}`;
}
