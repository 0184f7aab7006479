#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# wget's WARC-Payload-Digest of an answer in chunks is that of the chunks, not
# of the body: the same page, which a server has cut in another way, has another
# digest, and is never found to be the same (--warc-dedup, or any index).
#
# Seen with wget 1.21.3 of Debian 12.  The payload of an answer of HTTP is its
# entity-body (ISO 28500, 6.3.2), which has no chunks.  A reader that checks the
# digest must take either.
#
# usage: findings/wget-payload-digest-of-chunks.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work"
command -v python3 >/dev/null || exit 2
mkdir packages root
(cd packages && apt-get -q -o APT::Sandbox::User=root download \
  wget=1.21.3-1+deb12u1 >/dev/null 2>&1) || exit 2
dpkg -x packages/wget_*.deb root
wget=$work/root/usr/bin/wget
"$wget" --version >version 2>/dev/null || exit 2

cat >server.py <<'END'
import http.server

PAGE = b"the same page each time\n"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        size = {"/whole": len(PAGE), "/halves": 12}.get(self.path, 0)
        if size:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        if not size:
            self.wfile.write(PAGE)
            return
        for at in range(0, len(PAGE), size):
            piece = PAGE[at:at + size]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
END
python3 server.py >port &
server=$!
for ((i = 0; i < 100; i++)); do
  [ -s port ] && break
  sleep 0.1
done
url=http://127.0.0.1:$(cat port)
"$wget" -q --no-warc-compression --warc-file=a --delete-after \
  "$url/plain" "$url/whole" "$url/halves" || exit 2

sed -n 's/ built.*//p' version | head -n 1
tr -d '\r' <a.warc | awk '
  /^WARC-Type: /{ type = $2 }
  /^WARC-Target-URI: / { sub(/.*\//, "", $2); sub(/>/, "", $2); url = $2 }
  /^WARC-Payload-Digest: / && type == "response" { print url, $2 }' |
  sort >digests
cat digests
[ "$(cut -d ' ' -f 2 digests | sort -u | wc -l)" = 3 ]
