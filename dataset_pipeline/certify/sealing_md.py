"""The parts of ``VERIFY.md`` about what joins a certificate later: approvals and the time stamp."""

SECTION = """\
## 6. Those who must approve have approved

Every signature after the first is an approval: the same bytes, signed by another person, whose key
lies in `$V.approval-….pub.pem`. The statement says which keys may sign for which role, and how many
roles must.

```bash
(
  list() { sed -n 's/^      "'"$1"'": "\\([^"]*\\)",*$/\\1/p' "$V.certificate.json"; }
  : > "$W/approvers"
  for N in $(seq 2 "$(list keyid | wc -l)"); do
    K=$(list keyid | sed -n "${N}p") && F="$V.approval-${K:0:16}.pub.pem" &&
    list sig | sed -n "${N}p" | base64 -d > "$W/approval" &&
    test "$(openssl pkey -pubin -in "$F" -outform DER | sha256sum | cut -c1-64)" = "$K" &&
    openssl pkeyutl -verify -pubin -inkey "$F" -rawin -in "$W/signed" -sigfile "$W/approval" &&
    echo "$K" >> "$W/approvers" || exit 1
  done
  D=$(grep -o '"approvals":{"roles":{[^}]*},"threshold":[0-9]*' "$W/statement.json")
  test -z "$D" && { echo "no approval is demanded"; echo ok; exit; }
  R=$(echo "$D" | grep -o '"[a-z0-9_]*":\\[[^]]*]' | grep -c -F -f "$W/approvers")
  echo "$R of ${D##*:} approvals" && test "$R" -ge "${D##*:}" && echo ok
)
```

## 7. The time

If a time-stamping authority (RFC 3161) was asked, its answer lies beside the certificate: it shows
that the signature was there at that time, to whoever trusts the authority. Its certificates come
along in `$V.certificate.tsa.pem`; compare them with those that you have from the authority itself.
Under `"time"`, the statement says which authorities are independent of the publisher
(`"trusted":true`). Without a stamp, all times are the publisher's own.

```bash
if [ -e "$V.certificate.tsr" ]; then
  T=$(openssl ts -reply -in "$V.certificate.tsr" -text | sed -n 's/^Time stamp: //p') &&
  openssl ts -verify -data "$W/signature" -in "$V.certificate.tsr" \\
    -CAfile "$V.certificate.tsa.pem" -attime "$(date -u -d "$T" +%s)" &&
  echo "the signature was there on $T" && echo ok
elif grep -q '"stamp_required":true' "$W/statement.json"; then
  echo "pending: it demands a time stamp, and there is none"
else
  echo "no time stamp" && echo ok
fi
```

"""
