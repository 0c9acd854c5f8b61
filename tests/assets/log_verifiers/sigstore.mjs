// Checks the newest checkpoint and receipts with @sigstore/verify: the note's signature, and the path of each entry.
// Prints one JSON object: what was checked, or why it was refused.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);
// What the package exports is a whole Sigstore bundle's verifier; these are the parts of it that any log can be read with.
const parts = path.dirname(require.resolve("@sigstore/verify"));
const { verifyCheckpoint } = require(path.join(parts, "tlog", "checkpoint.js"));
const { verifyMerkleInclusion } = require(path.join(parts, "tlog", "merkle.js"));

const folder = process.argv[2];
const read = (name) => readFileSync(path.join(folder, name));
const [name, hint, ...rest] = read("vkey").toString().trim().split("+");
const raw = Buffer.from(rest.join("+"), "base64").subarray(1);
const log = {
  baseURL: name,
  logID: Buffer.from(hint, "hex"),
  publicKey: createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") }, format: "jwk" }),
};
const checked = { signatures: 0, inclusions: 0 };
try {
  for (const line of read("checkpoints.jsonl").toString().trim().split("\n")) {
    verifyCheckpoint({ inclusionProof: { checkpoint: { envelope: JSON.parse(line).note } } }, [log]);
    checked.signatures += 1;
  }
  for (const position of JSON.parse(read("positions.json"))) {
    const [proof, ...note] = read(`${position}.tlog-proof`).toString().split("\n\n");
    const [, index, ...hashes] = proof.split("\n");
    const entry = {
      canonicalizedBody: read(`${position}.entry`),
      inclusionProof: {
        checkpoint: { envelope: note.join("\n\n") },
        hashes: hashes.map((one) => Buffer.from(one, "base64")),
        logIndex: index.slice("index ".length),
      },
    };
    verifyMerkleInclusion(entry, verifyCheckpoint(entry, [log]));
    checked.inclusions += 1;
  }
  console.log(JSON.stringify({ checked }));
} catch (error) {
  console.log(JSON.stringify({ refused: error.message }));
}
