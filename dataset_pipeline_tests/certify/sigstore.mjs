// Verifies a Sigstore bundle with the npm package @sigstore/verify, offline.
// node sigstore.mjs BUNDLE KEY.pem [TSA.pem ROOT.pem]
import { readFileSync } from "node:fs";
import { bundleFromJSON } from "@sigstore/bundle";
import { createHash, createPublicKey, X509Certificate } from "node:crypto";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";

const [bundleFile, keyFile, ...chain] = process.argv.slice(2);
const bundle = bundleFromJSON(JSON.parse(readFileSync(bundleFile, "utf8")));
const der = createPublicKey(readFileSync(keyFile)).export({ type: "spki", format: "der" });
const hint = createHash("sha256").update(der).digest("hex");
const certificates = chain.map((file) => ({ rawBytes: new X509Certificate(readFileSync(file)).raw }));
const authority = { subject: undefined, uri: "", certChain: { certificates } };
const root = {
  mediaType: "",
  certificateAuthorities: [],
  timestampAuthorities: chain.length ? [authority] : [],
  tlogs: [],
  ctlogs: [],
};
const trust = toTrustMaterial(root, { [hint]: { rawBytes: der, keyDetails: 0 } });
const thresholds = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: chain.length ? 1 : 0 };
new Verifier(trust, thresholds).verify(toSignedEntity(bundle));
console.log("verified");
