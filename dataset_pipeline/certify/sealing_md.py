"""The parts of ``VERIFY.md`` about what joins a certificate: approvals, time, what lies beside."""

SECTION = """\
## 6. Those who must approve have approved

Every signature after the first is an approval: the same bytes, signed by another person, whose key
lies in `$V.approval-….pub.pem`. The statement says which keys may sign for which role, and how many
roles must. A key counts once: for the first role that names it.

```bash
(
  list() { sed -n 's/^      "'"$1"'": "\\([^"]*\\)",*$/\\1/p' "$V.certificate.json"; }
  : > "$W/approvers"
  for N in $(seq 2 "$(list keyid | wc -l)"); do
    K=$(list keyid | sed -n "${N}p") && F="$V.approval-${K:0:16}.pub.pem" &&
    A="$W/approval-${K:0:16}" && list sig | sed -n "${N}p" | base64 -d > "$A" &&
    test "$(openssl pkey -pubin -in "$F" -outform DER | sha256sum | cut -c1-64)" = "$K" &&
    openssl pkeyutl -verify -pubin -inkey "$F" -rawin -in "$W/signed" -sigfile "$A" &&
    echo "$K" >> "$W/approvers" || exit 1
  done
  D=$(grep -o '"approvals":{"roles":{[^}]*},"threshold":[0-9]*' "$W/statement.json")
  test -z "$D" && { echo "no approval is demanded"; echo ok; exit; }
  echo "$D" | grep -o '"[a-z0-9_]*":\\[[^]]*]' > "$W/roles"
  R=$(while read -r K; do grep -m 1 -F "$K" "$W/roles"; done < "$W/approvers" | sort -u | grep -c .)
  echo "$R of ${D##*:} approvals" && test "$R" -ge "${D##*:}" && echo ok
)
```

## 7. The time

If a time-stamping authority (RFC 3161) was asked, its answer lies beside the certificate: it shows
that the signature was there at that time, to whoever trusts the authority. Its certificates come
along in `$V.certificate.tsa.pem`; compare them with those that you have from the authority itself.
An approval may have a stamp of its own (`$V.approval-….tsr` and `.tsa.pem`).
Under `"time"`, the statement says which authorities are independent of the publisher
(`"trusted":true`). Without a stamp, all times are the publisher's own.

```bash
(
  stamped() {  # a signature, and how its stamp's files begin
    T=$(openssl ts -reply -in "$2.tsr" -text | sed -n 's/^Time stamp: //p') &&
    openssl ts -verify -data "$1" -in "$2.tsr" \\
      -CAfile "$2.tsa.pem" -attime "$(date -u -d "$T" +%s)" &&
    echo "the signature was there on $T: $2"
  }
  for F in "$V".approval-*.tsr; do
    [ -e "$F" ] || continue
    A=${F%.tsr} && stamped "$W/${A#"$V".}" "$A" || exit
  done
  if [ -e "$V.certificate.tsr" ]; then
    stamped "$W/signature" "$V.certificate"
  elif grep -q '"stamp_required":true' "$W/statement.json"; then
    echo "pending: it demands a time stamp, and there is none"; false
  else
    echo "no time stamp of the certificate"
  fi
) && echo ok
```

## 8. What else lies beside it

`$V.intoto.jsonl` holds what the statement says of each stage once more, in forms that other tools
read (SLSA provenance, in-toto test results), each signed by the same key; the statement names its
SHA-256. `$V.sigstore.json` is the certificate as a Sigstore bundle v0.3, for tools that know that
form (npm's `@sigstore/verify`, with the key above): the same bytes, or it is false. Any other file
of this name is no part of the version.

```bash
(
  S=$(grep -o '"statements":{"file":"[^"]*","format":[0-9]*,"sha256":"[0-9a-f]*"' \\
    "$W/statement.json" | sed 's/.*:"\\(.*\\)"/\\1/')
  if [ -n "$S" ] || [ -e "$V.intoto.jsonl" ]; then
    echo "$S  $V.intoto.jsonl" | sha256sum --strict --quiet -c || exit
  fi
  whole() { base64 -w 0 "$1"; }
  bundle() {
    printf '{"dsseEnvelope":{"payload":"%s","payloadType":"application/vnd.in-toto+json",' \\
      "$(whole "$W/statement.json")"
    printf '"signatures":[{"keyid":"%s","sig":"%s"}]},' "$K" "$(whole "$W/signature")"
    printf '"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",'
    printf '"verificationMaterial":{"publicKey":{"hint":"%s"},' "$K"
    printf '"timestampVerificationData":{"rfc3161Timestamps":[%s]},"tlogEntries":[]}}' "$1"
  }
  if [ -e "$V.sigstore.json" ]; then
    T=
    [ ! -e "$V.certificate.tsr" ] ||
      T=$(printf '{"signedTimestamp":"%s"}' "$(whole "$V.certificate.tsr")")
    bundle "$T" | cmp -s - "$V.sigstore.json" || bundle "" | cmp - "$V.sigstore.json" || exit
  fi
  for F in "$V".*; do
    case "${F#"$V".}" in
      certificate.json|pub.pem|certificate.tsr|intoto.jsonl|sigstore.json) ;;
      *.tsa.pem) [ -e "${F%.tsa.pem}.tsr" ] ;;
      zip|documentation.zip) grep -q -F "\\"name\\":\\"$F\\"" "$W/statement.json" ;;
      approval-*.pub.pem|approval-*.tsr)
        A=${F#"$V".approval-} && A=${A%.tsr} && A=${A%.pub.pem} &&
          cut -c-16 "$W/approvers" | grep -q -x -F -e "$A" ;;
      *) false ;;
    esac || { echo "stray: $F"; exit 1; }
  done
) && echo ok
```

"""
