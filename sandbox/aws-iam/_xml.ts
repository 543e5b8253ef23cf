/** Text, or elements in their order; a list of them is written as AWS does, each in a `member`. */
export type Xml = string | { readonly [name: string]: Xml | undefined } | readonly Xml[];

export interface Service {
  readonly version: string;
  readonly namespace: string;
}

/** The services that the fake speaks for, by the name in a signature. */
export const SERVICES: Readonly<Record<string, Service>> = {
  iam: { version: "2010-05-08", namespace: "https://iam.amazonaws.com/doc/2010-05-08/" },
  sts: { version: "2011-06-15", namespace: "https://sts.amazonaws.com/doc/2011-06-15/" },
  sns: { version: "2010-03-31", namespace: "http://sns.amazonaws.com/doc/2010-03-31/" },
};

export function elements(xml: Xml): string {
  if (typeof xml === "string") return xml.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  if (isList(xml)) return xml.map((item) => `<member>${elements(item)}</member>`).join("");
  return Object.entries(xml)
    .map(([name, value]) => (value === undefined ? "" : `<${name}>${elements(value)}</${name}>`))
    .join("");
}

function isList(xml: Xml): xml is readonly Xml[] {
  return Array.isArray(xml);
}
