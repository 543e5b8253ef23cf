/** Effects as somebody reads them who has not read the design; one that is new stands as it is named. */
const EFFECTS: Readonly<Record<string, string>> = {
  "make-key": "make a new key",
  "accept-key": "accept the key that was handed in",
  "store-key": "store the new key",
  "register-key": "register the new key with the vendor",
  "replace-key": "replace the key in its place",
  "revoke-key": "**revoke**",
  "remove-key": "remove a revoked key for good",
  "take-offer": "take the key that was handed in",
  promote: "make current (AWSCURRENT)",
  "drop-pending": "take AWSPENDING off",
  roll: "start a consumer anew",
  announce: "tell of it (event)",
};

const LABELS: Readonly<Record<string, string>> = {
  "attach leaked": "mark as **leaked**",
  "detach leaked": "end the mark as leaked",
  "attach condemned": "mark as to be revoked",
  "attach rejected": "mark as rejected",
  "attach replaced": "mark as replaced",
  "attach live": "take into the ledger",
  "attach id": "note the key's id",
  "detach live": "forget, as it is dead",
};

/** Says what an effect does, in markdown. */
export function effectWords({ effect, label }: { effect: string; label?: string | undefined }): string {
  const name = label === undefined ? effect : `${effect} ${label}`;
  return LABELS[name] ?? EFFECTS[effect] ?? name.replace(/[^\w -]/g, "");
}
